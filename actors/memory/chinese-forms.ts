import { ended, type Form, form, type MemoryChange, personal, preference } from "./memory-change.ts";

const adverb =
  "(?:现在|目前|已经|早就|终于|又|也|还|真的|很|最|特别|非常|超级?|一直|都|从小|刚刚?|最近|以后|这几年|今年|其实)*";
const past = "(?:以前|曾经|过去|之前)";
const professions =
  "老师|教师|医生|护士|工程师|程序员|设计师|律师|作家|艺术家|厨师|司机|农民|经理|会计|科学家|研究员|音乐家|摄影师|记者|飞行员|翻译|顾问|建筑师|牙医|药剂师|教授|学生|大学生|研究生|高中生|警察|消防员|销售|公务员|产品经理|演员|编辑|园丁|面包师";
const things =
  "生日|妻子|老婆|太太|丈夫|老公|女朋友|男朋友|未婚妻|未婚夫|儿子|女儿|妈妈|母亲|爸爸|父亲|哥哥|弟弟|姐姐|妹妹|猫|小猫|狗|小狗|宠物|老板|公司|家乡|老家|母语|邮箱|电话|手机号|地址|车|血型|小名|爱好|专业";
const talk = /^(?:你|您|它|这|那|他|她|咱|大家|上|的|听你|和你|跟你)/u;

/** Forms of Chinese self-descriptions; intentionally conservative. */
export const chineseForms: readonly Form[] = [
  form("我(?:的名字)?(?:叫做?|名叫|改名叫)(.+)", (name = "") => named(name)),
  form("(?:我的(?:名字|姓名)是|(?:请|你可以|以后|就|可以)*叫我)(.+)", (name = "") => named(name)),
  form("(?:我不叫|我的(?:名字|姓名)不是|(?:请)?(?:别|不要)(?:再)?叫我)(.+)", (name = "") =>
    ended("name", bare(name)),
  ),
  form(`我${adverb}(?:居?住在|搬(?:家)?[到去来]了?|定居在?)(.+)`, (place = "") => home(place)),
  form(`我${adverb}住([^了院的校宿着].{1,20})`, (place = "") => home(place)),
  form(`我${adverb}从.{1,20}?搬(?:家)?[到去来]了?(.+)`, (place = "") => home(place)),
  form(`我的?家(?:现在)?在(.+)`, (place = "") => home(place)),
  form(`我${adverb}(?:不再?|没有?)(?:居?住|住)在?(.+)`, (place = "") => ended("home", bare(place))),
  form(`我${past}(?:居?住|住)在(.+)`, (place = "") => ended("home", bare(place))),
  form(`我${adverb}(?:搬离了?(.{1,20}?)|从(.{1,20}?)(?:搬走|搬出来?))了?`, (one = "", other = "") =>
    ended("home", bare(one || other)),
  ),
  form(`我${adverb}在(.{2,30}?)(?:工作|上班|任职|就职)(?:了|的)?`, (place = "") => workplace(place)),
  form(`我${adverb}(?:加入|入职|跳槽到|换到)了?(.+?)(?:工作|上班)?了?`, (place = "") => workplace(place)),
  form(`我${adverb}不再?在(.{2,30}?)(?:工作|上班|任职|干)了?`, (place = "") =>
    ended("workplace", bare(place)),
  ),
  form(`我${past}在(.{2,30}?)(?:工作|上班)`, (place = "") => ended("workplace", bare(place))),
  form(`我${adverb}(?:从(.{2,30}?)(?:辞职|离职|退休)|离开了?(.{2,30}?))了?`, (one = "", other = "") =>
    ended("workplace", bare(one || other)),
  ),
  form(`我${adverb}(?:辞职|离职|失业|退休|被裁)了?`, () => [ended("workplace"), ended("job")]),
  form(`我${adverb}(?:是|当|做)(?:一?[名位个])?(.{0,8}(?:${professions}))`, (job = "") =>
    personal(`用户是一名${bare(job)}`, "job"),
  ),
  form(`我${adverb}(?:是|当)(?:一?[名位])(.{2,12})`, (job = "") => personal(`用户是一名${bare(job)}`, "job")),
  form(`我${adverb}不再?(?:是|当|做)(?:一?[名位个])?(.+)`, (job = "") => [
    ended("job", bare(job)),
    ended("diet", bare(job)),
  ]),
  form(`我${adverb}(?:不再?|没有?)对(.{1,20}?)过敏`, (what = "") => allergyEnds(what)),
  form(`我${adverb}对(.{1,20}?)(?:已经|现在|其实)?(?:不再?|没有?)过敏`, (what = "") => allergyEnds(what)),
  form(`我${adverb}对(.{1,20}?)(?:严重|轻微|有点)?过敏`, (what = "") =>
    listed(what).map((thing) => personal(`用户对${thing}过敏`, `allergy:${thing}`, 5)),
  ),
  form(`我${adverb}(?:只?吃素|是素食(?:者|主义者)|是纯素食(?:者|主义者))`, () =>
    personal("用户吃素", "diet", 4),
  ),
  form(`我${adverb}(?:不再?吃素|不是素食(?:者|主义者))`, () => ended("diet")),
  form(`我?(?:今年|现在|已经)*([\\d一二三四五六七八九十百]{1,4})岁`, (age = "") =>
    personal(`用户${age}岁`, "age"),
  ),
  form(`我${adverb}(?:喜欢|热爱|爱(?=[吃喝听看玩用去])|爱上了?|迷上了?)(.+)`, (what = "") => likes(what)),
  form(`我${adverb}(?:不(?:再|太|怎么|大|是很)?(?:喜欢|爱)|讨厌|受不了|戒了)(.+)`, (what = "") =>
    dislikes(what),
  ),
  form(
    `我${adverb}(?:养了?|有)(?:一[只条个位])(猫|狗|儿子|女儿|宠物|兔子|鹦鹉)(?:叫做?|名叫|名字叫)(.+)`,
    (what = "", name = "") => personal(`用户的${what}叫${bare(name)}`, `my:${what}`),
  ),
  form("我最喜欢的(.{1,6}?)(?:现在)?(?:是|叫)(.+)", (what = "", value = "") => favourite(what, value)),
  form(`我${adverb}(?:不|从不)([吃喝])(.{1,12})`, (verb = "", thing = "") =>
    preference(`用户不${verb}${bare(thing)}`, `like:${key(bare(thing))}`),
  ),
  form(`我(?:来自|是(?=.{2,8}人$))(.{2,10}?)人?`, (place = "") =>
    personal(`用户来自${bare(place)}`, "origin"),
  ),
  form(`我${adverb}(?:没有?|不再有)(${things})`, (what = "") => ended(`my:${what}`)),
  form(`我的?(${things})(?:已经)?(?:死|去世|过世|走丢|不在)`, (what = "") => ended(`my:${what}`)),
  form(`我(?:和|跟)(?:我的?)?(${things})(?:已经)?(?:分手|离婚)`, (what = "") => ended(`my:${what}`)),
  form(`我的?(${things})(?:已经)?(?:不是|不叫|不在)(.+)`, (what = "", value = "") =>
    ended(`my:${what}`, bare(value)),
  ),
  form(
    `我的?(${things})(?:的名字)?(?:现在|改)?(?:是|叫做?|在|换成了?|改成了?)(.+)`,
    (what = "", value = "") => thingIs(what, value),
  ),
];

/** Forms accepted only in an explicit request to remember: 我的车牌是鲁B12345. */
export const chineseNotes: readonly Form[] = [
  form("我的?([\\p{L}\\d]{1,12}?)(?:是|叫做?|为|[:：])(.+)", (what = "", value = "") => thingIs(what, value)),
];

function named(name: string): MemoryChange | undefined {
  const value = bare(name);
  const isName = /^(?:[\p{Script=Han}·]{1,8}|[\p{Script=Latin}][\p{Script=Latin} .'·-]{0,30})$/u.test(value);
  return isName && !/^(?:你|您|他|她|它|不|了|人|车|外卖|出租|快递|一声|什么)/.test(value)
    ? personal(`用户的名字是${value}`, "name", 5)
    : undefined;
}

function home(place: string): MemoryChange | undefined {
  const value = bare(place).replace(/(?<=.{2})[去来]$/u, "");
  return value === "" || /^(?:这|那|哪|下一|上一|一起)/.test(value)
    ? undefined
    : personal(`用户住在${value}`, "home", 4);
}

function workplace(place: string): MemoryChange | undefined {
  const value = bare(place).replace(/(?:工作|上班)$/, "");
  return value === "" || /^(?:这|那|哪|家$|努力|认真)/.test(value)
    ? undefined
    : personal(`用户在${value}工作`, "workplace");
}

function thingIs(what: string, value: string): MemoryChange | undefined {
  const said = bare(value);
  return said === "" || /^(?:不|很|太|怎|什么|谁|哪|好|在|一个?问题)/.test(said)
    ? undefined
    : personal(`用户的${what}是${said}`, `my:${what}`);
}

function favourite(what: string, value: string): MemoryChange {
  return personal(`用户最喜欢的${what}是${bare(value)}`, `my:最喜欢的${what}`);
}

function likes(what: string): MemoryChange[] {
  return talk.test(what)
    ? []
    : listed(what).map((thing) => preference(`用户喜欢${thing}`, `like:${key(thing)}`));
}

function dislikes(what: string): MemoryChange[] {
  return talk.test(what)
    ? []
    : listed(what).map((thing) => preference(`用户不喜欢${thing}`, `like:${key(thing)}`));
}

function allergyEnds(what: string): MemoryChange[] {
  return /^(?:什么|任何)/.test(what)
    ? [ended("allergy:*")]
    : listed(what).map((thing) => ended(`allergy:${thing}`));
}

/** Strips particles that only mark a change. */
function bare(value: string): string {
  return value
    .trim()
    .replace(/^(?:是|了)/, "")
    .replace(/(?:了|啦|啊|呀|哦|哈|吧|呢|的|喔|噢)+$/u, "")
    .replace(/^["'“‘「《]+|["'”’」》]+$/g, "")
    .trim();
}

function listed(what: string): string[] {
  return bare(what)
    .split(/[、和跟及与]|以及|还有/u)
    .map((part) => bare(part))
    .filter((part) => part !== "")
    .slice(0, 5);
}

function key(thing: string): string {
  return thing.toLowerCase().replace(/^(?:吃|喝|听|看|玩|用|去|打|做)(?=.)/u, "");
}
