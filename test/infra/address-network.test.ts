import test from "ava";
import { networkOf } from "../../infra/address-network.ts";

const cases: [string, string][] = [
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["::FFFF:10.1.2.3", "10.1.2.3"],
  ["0000:0000:0000:0000:0000:ffff:0a01:0203", "10.1.2.3"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002:ffff::1", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["", ""],
  ["not an address", "not an address"],
];

for (const [ip, network] of cases) {
  test(`${JSON.stringify(ip)} counts as ${JSON.stringify(network)}`, (t) => t.is(networkOf(ip), network));
}
