/** Replies of the scripted model `told`, by message: conversations for screenshots of the console. */
export const cannedReplies: Readonly<Record<string, string>> = {
  "How do I keep tomatoes and basil alive on the balcony?": `<action>opens the notebook</action>
Here is a short plan for the balcony:

1. **Tomatoes** need the most sun, so they go to the south side.
2. Basil keeps them company; water it *every evening*.

| Plant | Water | Sun |
|---|---|---|
| Tomato | 1 l | full |
| Basil | 0.3 l | half |

\`\`\`python
def litres(plants: list[str]) -> float:
    """Water for one evening."""
    return sum(1.0 if plant == "tomato" else 0.3 for plant in plants)
\`\`\`

Shall I remind you at seven?`,
  "今天要给阳台的植物浇水吗？": `<action>看了看窗外</action>
今天傍晚**有小雨**，阳台的番茄不用浇水了。

- 罗勒：移到屋檐下
- 番茄：明早检查土壤湿度

要我在七点提醒你吗？`,
  "Which train goes to the mountains on Saturday morning?":
    "The 8:12 from the main station; you change once and arrive at 10:40. The way back is easiest at 17:20.",
  "What can I cook for six people with rice and mushrooms?":
    "A **risotto ai funghi**: 500 g of rice, 400 g of mushrooms, two litres of broth, and 25 minutes of stirring.",
};
