import { call, calls, chunk, type OddReply, stop, whole } from "./odd-reply.ts";

/** Replies with unusual tool calls. */
export const oddToolCalls: OddReply[] = [
  {
    name: "one index, two ids",
    stream: [
      calls(call(0, "a", "get_weather", '{"city":"Oslo"}')),
      calls(call(0, "b", "get_time", "{}")),
      chunk({}, "tool_calls"),
    ],
    plain: whole({
      content: null,
      tool_calls: [call(0, "a", "get_weather", '{"city":"Oslo"}'), call(0, "b", "get_time", "{}")],
    }),
    calls: [
      ["get_weather", '{"city":"Oslo"}'],
      ["get_time", "{}"],
    ],
    finish: "tool_calls",
  },
  {
    name: "a name that is repeated",
    stream: [
      calls(call(0, "a", "get_weather", '{"city":')),
      calls(call(0, "a", "get_weather", '"Oslo"}')),
      chunk({}, "stop"),
    ],
    calls: [["get_weather", '{"city":"Oslo"}']],
    finish: "tool_calls",
  },
  {
    name: "no id",
    stream: [calls(call(0, undefined, "get_weather", "{}")), chunk({}, "tool_calls")],
    plain: whole({ content: null, tool_calls: [call(undefined, undefined, "get_weather", "{}")] }),
    calls: [["get_weather", "{}"]],
    finish: "tool_calls",
  },
  {
    name: "no ids, one index, two names",
    stream: [calls(call(0, undefined, "a", '{"x":1}')), calls(call(0, undefined, "b", '{"x":2}')), stop],
    calls: [
      ["a", '{"x":1}'],
      ["b", '{"x":2}'],
    ],
    finish: "tool_calls",
  },
  {
    name: "no ids, no index, one name twice",
    stream: [
      calls(call(undefined, undefined, "a", '{"x":1}')),
      calls(call(undefined, undefined, "a", '{"x":2}')),
      stop,
    ],
    plain: whole({
      tool_calls: [call(undefined, undefined, "a", '{"x":1}'), call(undefined, undefined, "a", '{"x":2}')],
    }),
    calls: [
      ["a", '{"x":1}'],
      ["a", '{"x":2}'],
    ],
    finish: "tool_calls",
  },
  {
    name: "one id for two calls",
    stream: [calls(call(0, "same", "a", "{}")), calls(call(1, "same", "b", "{}")), stop],
    calls: [
      ["a", "{}"],
      ["b", "{}"],
    ],
    finish: "tool_calls",
  },
  {
    name: "arguments as an object",
    stream: [calls(call(0, "a", "get_weather", { city: "Oslo" })), stop],
    calls: [["get_weather", '{"city":"Oslo"}']],
    finish: "tool_calls",
  },
  {
    name: "a call in place of a list",
    stream: [chunk({ tool_calls: call(0, "a", "now", "{}") }), stop],
    calls: [["now", "{}"]],
    finish: "tool_calls",
  },
  {
    name: "no arguments",
    stream: [calls(call(0, "a", "now")), stop],
    calls: [["now", "{}"]],
    finish: "tool_calls",
  },
  {
    name: "an index from 1, an id as a number",
    stream: [
      {
        choices: [
          { delta: { tool_calls: [{ index: "1", id: 7, function: { name: "now", arguments: "{}" } }] } },
        ],
      },
      stop,
    ],
    calls: [["now", "{}"]],
    finish: "tool_calls",
  },
  {
    name: "the id after the name",
    stream: [calls(call(0, undefined, "now", '{"a":')), calls(call(0, "late", undefined, "1}")), stop],
    calls: [["now", '{"a":1}']],
    finish: "tool_calls",
  },
  {
    name: "name and arguments beside the id",
    stream: [calls({ index: 0, id: "a", name: "now", arguments: {} }), stop],
    calls: [["now", "{}"]],
    finish: "tool_calls",
  },
  {
    name: "the whole call again at the end",
    stream: [calls(call(0, "a", "now", '{"a":1}')), calls(call(0, "a", "now", '{"a":1}')), stop],
    calls: [["now", '{"a":1}']],
    finish: "tool_calls",
  },
  {
    name: "a legacy function_call",
    stream: [
      chunk({ function_call: { name: "now", arguments: "" } }),
      chunk({ function_call: { arguments: "{}" } }),
      chunk({}, "function_call"),
    ],
    plain: whole({ content: null, function_call: { name: "now", arguments: "{}" } }, "function_call"),
    calls: [["now", "{}"]],
    finish: "tool_calls",
  },
  {
    name: "a call without any name is none",
    stream: [chunk({ content: "Hi" }), calls(call(0, "a", undefined, "{}")), chunk({}, "tool_calls")],
    content: "Hi",
    finish: "stop",
  },
];
