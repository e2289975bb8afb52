/** A small document with a question in its own language and one in the other. */
interface Item {
  lang: "zh" | "en";
  title: string;
  text: string;
  same: string;
  across: string;
}

const chinese: [string, string, string, string][] = [
  [
    "服务器维护窗口",
    "每周四凌晨两点到四点为维护窗口,期间订单服务不可用。",
    "什么时候不能下单",
    "when is the order service down for maintenance",
  ],
  [
    "产品保修",
    "整机保修两年,电池保修一年。",
    "电池坏了还能免费换吗",
    "how long is the battery covered by warranty",
  ],
  ["园区停车", "访客停车前两小时免费,之后每小时5元。", "客人停车怎么收费", "parking fee for visitors"],
  ["请假制度", "年假需提前三个工作日申请,由直属领导审批。", "休假要找谁批", "who approves annual leave"],
  [
    "餐厅时间",
    "员工食堂午餐供应时间为十一点半到一点半。",
    "中午几点能吃饭",
    "when is lunch served in the canteen",
  ],
  [
    "报销流程",
    "发票须在三十天内提交,超过五百元需部门经理签字。",
    "发票最晚什么时候交",
    "deadline for submitting receipts",
  ],
  ["游泳馆须知", "儿童须由成人陪同,必须佩戴泳帽。", "小孩可以自己去游泳吗", "may children swim alone"],
  ["猫粮喂养", "幼猫每天喂四次,成猫每天喂两次。", "小猫一天吃几顿", "how often should a kitten be fed"],
  [
    "绿萝养护",
    "绿萝喜阴,避免阳光直射,每周浇水一次。",
    "多久给绿萝浇一次水",
    "does this plant tolerate direct sun",
  ],
  [
    "快递退货",
    "签收后七天内可无理由退货,运费由买家承担。",
    "不喜欢的东西能退吗",
    "can I send goods back without giving a reason",
  ],
  [
    "高铁改签",
    "开车前可改签一次,开车后只能改签当天其他车次。",
    "错过火车了怎么办",
    "what can I do after missing the train",
  ],
  ["图书馆借阅", "每人最多借十本,借期三十天,可续借一次。", "一次能借多少书", "how many books may I borrow"],
  [
    "会议室预订",
    "会议室通过日历预订,超过十五分钟未到自动释放。",
    "迟到太久会议室会怎样",
    "what happens to a booked room if nobody shows up",
  ],
  ["健身房", "会员可带一名朋友,每月限两次。", "能带朋友一起健身吗", "may members bring a guest to the gym"],
  [
    "咖啡机清洁",
    "每天下班前用清洗片清洗一次,每月除垢。",
    "咖啡机多久除一次水垢",
    "how often must the coffee maker be descaled",
  ],
  [
    "驾照换证",
    "驾驶证到期前九十天内可办理换证。",
    "驾照快过期了什么时候去换",
    "when can a driving licence be renewed",
  ],
  ["流感疫苗", "每年九月至十一月为接种的最佳时间。", "几月打预防针最好", "best time of year for a flu shot"],
  ["酒店入住", "下午三点后办理入住,中午十二点前退房。", "几点之前要离开酒店", "check-out time of the hotel"],
  [
    "垃圾分类",
    "废电池和过期药品属于有害垃圾,投入红色桶。",
    "旧电池扔哪个桶",
    "where do expired medicines go",
  ],
  ["学费缴纳", "学费分两期缴纳,分别在九月和三月。", "学费什么时候交", "in which months are tuition fees due"],
];

const english: [string, string, string, string][] = [
  [
    "Backup policy",
    "Databases are backed up nightly and kept for 35 days.",
    "how long do you keep copies of the data",
    "备份保留多少天",
  ],
  [
    "API rate limits",
    "Free plan: 60 requests per minute.",
    "how often may I call the interface without paying",
    "免费版每分钟能请求几次",
  ],
  [
    "Office hours",
    "The reception is staffed from 8 am to 6 pm on weekdays.",
    "when is somebody at the front desk",
    "前台几点有人",
  ],
  [
    "Travel insurance",
    "Lost luggage is reimbursed up to 1,200 euros.",
    "what do I get if my suitcase disappears",
    "行李丢了赔多少钱",
  ],
  [
    "Bread recipe",
    "Let the dough rise for two hours, then bake it at 230 degrees.",
    "oven temperature for the loaf",
    "面团要发酵多久",
  ],
  [
    "Bicycle storage",
    "Bikes are parked in the basement; the key is with the caretaker.",
    "who has the key for the cellar",
    "自行车停在哪里",
  ],
  [
    "Password rules",
    "Passwords need at least fourteen characters and expire after a year.",
    "minimum length of a login secret",
    "密码至少多少位",
  ],
  [
    "Pool opening",
    "The outdoor pool opens in May and closes in the middle of September.",
    "from which month can one swim outside",
    "室外泳池什么时候关闭",
  ],
  [
    "Tax return",
    "Self-employed people file their tax return by 31 July.",
    "deadline for freelancers",
    "个体户什么时候报税",
  ],
  [
    "Dog training",
    "Reward the puppy within two seconds after it obeys.",
    "how fast should the treat follow",
    "小狗听话后多久给奖励",
  ],
  [
    "Roof repairs",
    "Leaking tiles are replaced by the landlord within ten days.",
    "who fixes water coming through the ceiling",
    "屋顶漏水谁来修",
  ],
  [
    "Museum tickets",
    "Students pay half price, and Mondays are free for everybody.",
    "on which day is admission free of charge",
    "学生门票打几折",
  ],
  [
    "Blood donation",
    "Donors must weigh at least 50 kilograms and may give blood every eight weeks.",
    "how long to wait between two donations",
    "献血体重有什么要求",
  ],
  [
    "Garden bonfire",
    "Open fires are forbidden from April to October.",
    "may I burn branches in summer",
    "几月份不能在院子里生火",
  ],
  [
    "Conference call",
    "Recordings of calls are deleted after fourteen days.",
    "how long can I listen to a past meeting",
    "会议录音保存多久",
  ],
  [
    "Piano lessons",
    "A lesson lasts 45 minutes and costs 38 dollars.",
    "price of one hour with the teacher",
    "钢琴课多少钱一节",
  ],
  [
    "Fire drill",
    "Gather at the north gate when the alarm sounds.",
    "meeting point in an emergency",
    "警报响了去哪里集合",
  ],
  [
    "Milk storage",
    "Opened milk keeps in the fridge for three days.",
    "when does an open carton go bad",
    "开封的牛奶能放几天",
  ],
  [
    "Visa",
    "Tourists may stay for ninety days without a visa.",
    "how long may holiday makers remain",
    "旅游免签可以待多久",
  ],
  ["Printer", "Toner cartridges are in the cupboard beside the lift.", "where do I find ink", "硒鼓放在哪里"],
];

/** All items, both languages in turn. */
export function items(): Item[] {
  const of =
    (lang: Item["lang"]) =>
    ([title, text, same, across]: [string, string, string, string]) => {
      return { lang, title, text, same, across };
    };
  const [one, other] = [chinese.map(of("zh")), english.map(of("en"))];
  return one.flatMap((item, i) => [item, other[i] ?? item]);
}

/** Documents that differ in a code alone; each is looked for by its code. */
export function codes(): { title: string; text: string; query: string }[] {
  return [
    "KX-901",
    "KX-902",
    "KX-910",
    "A4471-B",
    "A4471-C",
    "鲁B12345",
    "鲁B12354",
    "E0x80070005",
    "ISO-27001",
    "RFC 2361",
  ].map((code, i) => ({
    title: `Part ${i + 1}`,
    text:
      i % 2 === 0
        ? `The spare part ${code} is stored in shelf ${i + 20}.`
        : `配件 ${code} 存放在 ${i + 20} 号货架。`,
    query: code,
  }));
}

/** Statements and their opposites, and a question that only one of the two answers. */
export const negations: readonly { texts: readonly [string, string]; query: string }[] = [
  {
    texts: ["Dogs are not allowed in the garden.", "Dogs are allowed on the terrace."],
    query: "where may I take my dog",
  },
  {
    texts: ["The lift does not stop on the fourth floor.", "The lift stops on the fifth floor."],
    query: "which floor is skipped by the lift",
  },
  { texts: ["周末不能退货。", "工作日可以退货。"], query: "哪天可以退货" },
  { texts: ["该药孕妇禁用。", "该药儿童可以使用。"], query: "小孩能吃这个药吗" },
];

/** Questions that nothing answers. */
export const unanswerable: readonly string[] = [
  "谁发明了电话",
  "月球离地球多远",
  "怎么做红烧肉",
  "今年世界杯冠军是谁",
  "量子力学的基本假设",
  "推荐一部科幻电影",
  "股票今天涨了吗",
  "Python 怎么读文件",
  "who wrote Hamlet",
  "capital of Mongolia",
  "how do black holes form",
  "best guitar strings for jazz",
  "convert miles to kilometres",
  "what is the meaning of life",
  "symptoms of appendicitis",
  "who won the chess championship",
  "how to tie a bow tie",
  "population of Brazil",
];
