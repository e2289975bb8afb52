import { type ChildNode, type Element, isTag, isText } from "domhandler";
import { parseDocument } from "htmlparser2";

/** The root element of an XML text. Prefixes are removed from names, as documents may choose them. */
export function xmlRoot(xml: string): Element | undefined {
  return parseDocument(xml, { xmlMode: true, decodeEntities: true }).children.find(isTag);
}

/** Name of an element without its prefix. */
export function localName({ name }: Element): string {
  return name.slice(name.indexOf(":") + 1);
}

/** Child elements, optionally of one name. */
export function childrenOf(element: Element | undefined, name?: string): Element[] {
  return (element?.children ?? []).filter(
    (child: ChildNode): child is Element => isTag(child) && (name === undefined || localName(child) === name),
  );
}

/** The first descendant along a path of names. */
export function childAt(element: Element | undefined, ...path: string[]): Element | undefined {
  return path.reduce<Element | undefined>((at, name) => childrenOf(at, name)[0], element);
}

/** An attribute with any prefix. */
export function attributeOf(element: Element | undefined, name: string): string | undefined {
  if (element === undefined) return undefined;
  const found = Object.keys(element.attribs).find((key) => key === name || key.endsWith(`:${name}`));
  return found === undefined ? undefined : element.attribs[found];
}

/** Direct text content of an element. */
export function ownText(element: Element): string {
  return element.children.map((child) => (isText(child) ? child.data : "")).join("");
}
