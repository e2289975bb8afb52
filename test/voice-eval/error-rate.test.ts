import test from "ava";
import { charactersOf, errorRate, wordsOf } from "./error-rate.ts";

test("punctuation, case and the way of writing numbers are no errors", (t) => {
  t.deepEqual(
    wordsOf("It’s 21 o'clock, on 1,944 days."),
    wordsOf("its twenty one oclock on one thousand nine hundred forty four days"),
  );
  t.deepEqual(charactersOf("你好，世界 2 次。"), ["你", "好", "世", "界", "二", "次"]);
});

test("each word that is missing, too much or another is one error", (t) => {
  const said = wordsOf("ask not what your country can do");
  t.is(errorRate(said, wordsOf("Ask not what your country can do.")), 0);
  t.is(errorRate(said, wordsOf("ask what your country can do")), 1 / 7);
  t.is(errorRate(said, wordsOf("ask not what your own country can do")), 1 / 7);
  t.is(errorRate(said, wordsOf("ask knot what your country can do")), 1 / 7);
  t.is(errorRate(said, []), 1);
  t.is(errorRate([], ["noise"]), 1);
});
