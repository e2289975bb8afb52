import { signal } from "@preact/signals";

/** Parts of the address after `#/`, decoded: the view, then what it shows. */
export const route = signal<readonly string[]>(read());

function read(): string[] {
  return location.hash
    .replace(/^#\/?/, "")
    .split("/")
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

addEventListener("hashchange", () => {
  route.value = read();
});

/** The address of a view. */
export function linkTo(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** Shows a view. */
export function goTo(...parts: string[]): void {
  location.hash = linkTo(...parts);
}
