import { segmenter } from "./segmenter.ts";

// Stop words: too frequent to be useful in a search.
const stopWords = new Set(
  `a an the is are was were be been being am it its i me my mine we us our you your he him his she her they them their
  of to in on at by for from with without within and or not no nor do does did done can could will would shall should may
  might must have has had having what which who whom whose when where why how if then else than that this these those
  there here so as but while during about into onto over under up down out off again any some someone something anyone
  anything one ones s t d ll re ve m
  的 了 是 在 吗 呢 吧 啊 呀 嘛 怎么 怎样 怎么办 怎么样 如何 什么 哪些 哪个 哪 几 多少 谁 我 你 您 他 她 它 我们 你们 他们
  的话 该 要 会 能 可以 可 让 被 把 和 与 或 及 也 都 就 还 再 又 不 不再 没 没有 有 一 一个 个 这 那 这个 那个 如果 为 为了 对 到
  用 从 以 之 之后 之前 后 前 里 中 上 下 时 请 吗 么 着 过 得 地 给 向 于 而 但 并 且`
    .split(/\s+/)
    .filter((word) => word !== ""),
);
const wordLike = /[\p{L}\p{N}]/u;
const latin = /^[a-z]+$/;
const identifier = /[A-Za-z0-9]+(?:[_\-.:/][A-Za-z0-9]+)+/g;

/**
 * Search terms of a text, in order and with repetitions: Chinese is segmented, Latin words are stemmed,
 * identifiers such as `client_msg_id` yield the whole and their parts.
 */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const [whole] of text.matchAll(identifier)) terms.push(whole.toLowerCase());
  for (const word of segmenter().cutForSearch(text.normalize("NFKC").toLowerCase(), true)) {
    if (!wordLike.test(word) || stopWords.has(word)) continue;
    terms.push(latin.test(word) ? stem(word) : word);
  }
  return terms;
}

/** Light English stemmer: plural, past and continuous forms get one stem, which need not be a word. */
function stem(word: string): string {
  if (word.length < 4) return word;
  let root = word;
  if (root.endsWith("ies")) root = `${root.slice(0, -3)}y`;
  else if (/(?:ss|x|ch|sh)es$/.test(root)) root = root.slice(0, -2);
  else if (root.endsWith("s") && !root.endsWith("ss") && !root.endsWith("us")) root = root.slice(0, -1);
  if (root.length > 5 && root.endsWith("ing")) root = undouble(root.slice(0, -3));
  else if (root.length > 4 && root.endsWith("ed")) root = undouble(root.slice(0, -2));
  return root.length > 3 && root.endsWith("e") ? root.slice(0, -1) : root;
}

function undouble(root: string): string {
  return /([bdgmnprt])\1$/.test(root) ? root.slice(0, -1) : root;
}
