import test from "ava";
import { documentFixtures, faultsOf } from "../../_kit/documents/fixtures.ts";

const fixtures = documentFixtures();

test("there are documents of every kind", (t) => {
  t.true(fixtures.length >= 60);
  t.is(new Set(fixtures.map(({ name }) => name)).size, fixtures.length);
});

for (const fixture of fixtures)
  test(`${fixture.name} is read as it is`, async (t) => {
    t.deepEqual(await faultsOf(fixture), []);
  });
