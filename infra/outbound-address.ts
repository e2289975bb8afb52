import { type LookupAddress, lookup } from "node:dns";
import { BlockList, isIP } from "node:net";

// RFC 6890 and its registry: addresses outside the public internet.
const closed4: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
// Of IPv6 only global unicast is public, excluding its ranges for embedded IPv4 addresses and documentation.
const closedWithin6: readonly [string, number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const closed = new BlockList();
for (const [network, bits] of closed4) closed.addSubnet(network, bits, "ipv4");
for (const [network, bits] of closedWithin6) closed.addSubnet(network, bits, "ipv6");
const global6 = new BlockList();
global6.addSubnet("2000::", 3, "ipv6");

/** Whether an IP address is public; IPv4 addresses embedded in IPv6 are not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !closed.check(address, "ipv4");
  return family === 6 && global6.check(address, "ipv6") && !closed.check(address, "ipv6");
}

/** A resolved address, in the format that `node:net` expects of a `lookup`. */
export type Resolved = LookupAddress[];

/** A name resolved to an address that is not public. */
export class ClosedAddressError extends Error {
  constructor() {
    super("the address is not public");
    this.name = "ClosedAddressError";
  }
}

/**
 * Resolves a name to all its addresses. A single non-public address rejects the name. The caller connects to
 * the checked addresses, so a second DNS answer can't bypass the check (DNS rebinding).
 * @throws ClosedAddressError, or the resolver's own error.
 */
export function resolvePublic(hostname: string, allowPrivate: boolean): Promise<Resolved> {
  return new Promise((resolve, reject) => {
    lookup(hostname, { all: true, verbatim: true }, (err, addresses) => {
      if (err !== null) reject(err);
      else if (!allowPrivate && addresses.some(({ address }) => !isPublicAddress(address)))
        reject(new ClosedAddressError());
      else resolve(addresses);
    });
  });
}
