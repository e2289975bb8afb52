import { chunk, done, type OddReply, stop, whole } from "./odd-reply.ts";
import { oddToolCalls } from "./odd-tool-calls.ts";

/** Variants of plain text. */
const texts: OddReply[] = [
  {
    name: "the reference",
    stream: [
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "Hello " }),
      chunk({ content: "world" }),
      stop,
      done,
    ],
    plain: whole({ content: "Hello world" }),
    content: "Hello world",
  },
  {
    name: "no finish reason, an end mark",
    stream: [chunk({ content: "Hello " }), chunk({ content: "world" }), done],
    content: "Hello world",
  },
  {
    name: "no finish reason, a usage",
    stream: [
      chunk({ content: "Hello world" }),
      { choices: [], usage: { prompt_tokens: "3", completion_tokens: 2.0 } },
    ],
    content: "Hello world",
  },
  { name: "no end at all", stream: [chunk({ content: "Hello " })], content: "Hello ", error: /中断/ },
  {
    name: "a usage with each chunk is no end",
    stream: ["He", "llo"].map((content) => ({
      ...chunk({ content }),
      usage: { prompt_tokens: 1, completion_tokens: 1 },
    })),
    content: "Hello",
    error: /中断/,
  },
  {
    name: "message in place of delta",
    stream: [
      {
        choices: [
          { index: 0, message: { role: "assistant", content: "Hello world" }, finish_reason: "stop" },
        ],
      },
    ],
    plain: whole({ content: "Hello world" }, null),
    content: "Hello world",
  },
  {
    name: "a message beside the deltas repeats them",
    stream: [
      { choices: [{ delta: { content: "Hello " }, message: { content: "Hello " } }] },
      { choices: [{ delta: { content: "world" }, message: { content: "Hello world" } }] },
      { choices: [{ delta: { content: "" }, message: { content: "Hello world" }, finish_reason: "stop" }] },
    ],
    content: "Hello world",
  },
  {
    name: "text of a completion",
    stream: [{ choices: [{ text: "Hello world", finish_reason: "stop" }] }],
    content: "Hello world",
  },
  {
    name: "a list as content",
    stream: [
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }),
      chunk({
        content: [
          { type: "text", text: "Hello " },
          { type: "picture", url: "x" },
        ],
      }),
      chunk({ content: "world" }),
      stop,
    ],
    plain: whole({
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
        { type: "text", text: "Hello " },
        { type: "text", text: "world" },
      ],
    }),
    content: "Hello world",
    reasoning: "hm",
  },
  {
    name: "content of odd types",
    stream: [
      chunk({ content: 4 }),
      chunk({ content: { type: "text", text: { value: "2" } } }),
      chunk({ content: true }),
      stop,
    ],
    content: "42",
  },
  {
    name: "a refusal is text",
    stream: [chunk({ refusal: "I would " }), chunk({ refusal: "rather not." }), stop],
    plain: whole({ content: null, refusal: "I would rather not." }),
    content: "I would rather not.",
  },
  {
    name: "the words null and none are no end",
    stream: [chunk({ content: "Hello " }, "null"), chunk({ content: "world" }, ""), stop],
    content: "Hello world",
  },
  {
    name: "the whole message behind the deltas",
    stream: [
      chunk({ content: "Hello " }),
      chunk({ content: "world" }),
      { choices: [{ message: { role: "assistant", content: "Hello world" }, finish_reason: "stop" }] },
    ],
    content: "Hello world",
  },
  {
    name: "messages in pieces",
    stream: [
      { choices: [{ message: { content: "ha" } }] },
      { choices: [{ message: { content: "ha" } }] },
      stop,
    ],
    content: "haha",
  },
  {
    name: "values that are no chunks, an empty error in each chunk",
    stream: [{ type: "ping" }, { ...chunk({ content: "Hello" }), error: {} }, { ...stop, error: "" }, done],
    content: "Hello",
  },
  {
    name: "a text as delta, a choice in place of a list",
    stream: [
      { choices: [{ delta: "Hello " }] },
      { choices: { index: 0, message: "world", finish_reason: "stop" } },
    ],
    content: "Hello world",
  },
  { name: "blanks alone say nothing", stream: [chunk({ content: " \n" }), stop, done], content: "" },
  {
    name: "choices of null, deltas of null",
    stream: [
      { choices: null, usage: null },
      { choices: [{ delta: null }] },
      chunk({ content: "Hello" }),
      stop,
    ],
    content: "Hello",
  },
];

/** Variants of reasoning. */
const thoughts: OddReply[] = [
  {
    name: "reasoning under both names",
    stream: [chunk({ reasoning_content: "h" }), chunk({ reasoning: "m" }), chunk({ content: "Hi" }), stop],
    content: "Hi",
    reasoning: "hm",
  },
  {
    name: "think tags",
    stream: [chunk({ content: "<thi" }), chunk({ content: "nk>hm</think>\n\nHello" }), stop],
    plain: whole({ content: "<think>hm</think>\n\nHello" }),
    content: "Hello",
    reasoning: "hm",
  },
  {
    name: "a template that begins inside the thinking",
    stream: [chunk({ content: "let me see\n" }), chunk({ content: "</think>\n\nHello world" }), stop, done],
    plain: whole({ content: "let me see\n</think>\n\nHello world" }),
    content: "Hello world",
    reasoning: "let me see\n",
  },
];

/** Variants of the finish reason. */
const ends: OddReply[] = [
  ...["length", "max_tokens", "MAX_TOKENS", "max-tokens", "model_length", "maxTokens", "incomplete"].map(
    (word): OddReply => ({
      name: `finish ${word}`,
      stream: [chunk({ content: "Hi" }, word)],
      plain: whole({ content: "Hi" }, word),
      content: "Hi",
      finish: "length",
    }),
  ),
  ...["content_filter", "sensitive", "SAFETY", "content-filter", "PROHIBITED_CONTENT", "refusal"].map(
    (word): OddReply => ({
      name: `finish ${word}`,
      stream: [chunk({ content: "Hi" }, word)],
      content: "Hi",
      finish: "content_filter",
    }),
  ),
  ...[
    "error",
    "failed",
    "network_error",
    "insufficient_system_resource",
    "MALFORMED_RESPONSE",
    "aborted",
  ].map(
    (word): OddReply => ({
      name: `finish ${word}`,
      stream: [chunk({ content: "half" }, word)],
      content: "half",
      error: /返回错误/,
    }),
  ),
  ...["stop", "end_turn", "eos_token", "STOP", "stop_sequence", "COMPLETE", true].map(
    (word): OddReply => ({
      name: `finish ${word}`,
      stream: [chunk({ content: "Hi" }, word)],
      content: "Hi",
      finish: "stop",
    }),
  ),
];

const errors: OddReply[] = [
  {
    name: "an error inside the stream",
    stream: [chunk({ content: "half" }), { error: { message: "overloaded" } }],
    content: "half",
    error: /返回错误/,
  },
  { name: "an error as a plain text", stream: [{ error: "overloaded" }], error: /返回错误/ },
  {
    name: "an error object of another form",
    stream: [{ object: "error", message: "no", code: 400 }],
    error: /\(400\)/,
  },
  {
    name: "a context that is too long",
    stream: [
      {
        error: {
          message: "This model's maximum context length is 8192 tokens",
          code: "context_length_exceeded",
        },
      },
    ],
    error: /上下文/,
  },
  { name: "something else alone", stream: [{ hello: "world" }], error: /中断/ },
];

/** Unusual replies of OpenAI-compatible providers, by their peculiarity. */
export const oddReplies: readonly OddReply[] = [...texts, ...thoughts, ...oddToolCalls, ...ends, ...errors];
