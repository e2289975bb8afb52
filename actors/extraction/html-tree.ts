import { type DefaultTreeAdapterTypes, html, parse } from "parse5";

export type HtmlNode = DefaultTreeAdapterTypes.Node;
export type HtmlElement = DefaultTreeAdapterTypes.Element;

/** The document element of a page, parsed with error recovery as in browsers. */
export function htmlRoot(text: string): HtmlElement | undefined {
  return parse(text, { scriptingEnabled: false }).childNodes.find(isElement);
}

export function isElement(node: HtmlNode): node is HtmlElement {
  return "tagName" in node && node.namespaceURI === html.NS.HTML;
}

/** Child nodes of an element, without template content. */
export function childrenOf(node: HtmlNode): readonly HtmlNode[] {
  return "childNodes" in node ? node.childNodes : [];
}

export function attributeOf({ attrs }: HtmlElement, name: string): string | undefined {
  return attrs.find((attribute) => attribute.name === name)?.value;
}

/** The first element of a name, in document order. */
export function findElement(root: HtmlNode, name: string): HtmlElement | undefined {
  const open: HtmlNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isElement(node) && node.tagName === name) return node;
    open.push(...childrenOf(node).toReversed());
  }
  return undefined;
}

/** Text content of a node, with original white space. */
export function textBelow(root: HtmlNode): string {
  const parts: string[] = [];
  const open: HtmlNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.nodeName === "#text") parts.push((node as DefaultTreeAdapterTypes.TextNode).value);
    open.push(...childrenOf(node).toReversed());
  }
  return parts.join("");
}
