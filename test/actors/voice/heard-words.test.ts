import test from "ava";
import { isDoubtful } from "../../../actors/voice/engines/heard-words.ts";

test("signs, echoes and what models write for noise are no words of anybody", (t) => {
  const echo = "以下是普通话的句子。 以下是普通话的句子。 以下是普通话的句子。";
  for (const text of [
    "。。。。。。",
    "…",
    "  ",
    echo,
    "字幕由志愿者提供",
    "Thanks for watching!",
    "Go home. Go home. Go home. Go home.",
  ])
    t.true(isDoubtful(text), text);
  t.true(isDoubtful("Kimi, Parley, Müller", "Kimi, Parley, Müller"));
  for (const text of [
    "你好。",
    "No.",
    "谢谢",
    "以下是普通话的句子的例子",
    "yes yes",
    "Water the garden.",
    "7",
  ])
    t.false(isDoubtful(text), text);
});
