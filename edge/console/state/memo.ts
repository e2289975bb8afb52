import { Component, type FunctionComponent, h } from "preact";

/** A component that is drawn again only when `same` says that its properties differ. */
export function memo<Props extends object>(
  view: FunctionComponent<Props>,
  same: (before: Props, after: Props) => boolean = shallowEqual,
): FunctionComponent<Props> {
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      return !same(this.props, next);
    }
    override render() {
      return h(view, this.props);
    }
  }
  return Memo as unknown as FunctionComponent<Props>;
}

function shallowEqual<Props extends object>(before: Props, after: Props): boolean {
  const keys = Object.keys(after) as (keyof Props)[];
  return (
    keys.length === Object.keys(before).length && keys.every((key) => Object.is(before[key], after[key]))
  );
}
