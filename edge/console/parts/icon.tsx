/** Outlines on a grid of 24, drawn with the colour of the text. */
const paths = {
  chat: "M4 5h16v11H9l-5 4z",
  devices:
    "M9 18h6M10 21h4M12 3a6 6 0 0 0-3.5 10.9c.6.5 1 1.200 1 2.100h5c0-.9.4-1.600 1-2.100A6 6 0 0 0 12 3z",
  automation: "M13 3 5 14h6l-1 7 8-11h-6z",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  book: "M5 4h10a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h10",
  brain:
    "M9 4a3 3 0 0 0-3 3 3 3 0 0 0-1 5.500A3 3 0 0 0 7 18a3 3 0 0 0 5 1V6a3 3 0 0 0-3-2zM15 4a3 3 0 0 1 3 3 3 3 0 0 1 1 5.500A3 3 0 0 1 17 18a3 3 0 0 1-5 1",
  files: "M4 6h6l2 2h8v11H4z",
  admin: "M12 3l8 3v6c0 5-3.500 8-8 9-4.500-1-8-4-8-9V6z",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  plus: "M12 5v14M5 12h14",
  send: "M5 12h13M12 5l7 7-7 7",
  stop: "M7 7h10v10H7z",
  attach:
    "M20 11l-8.500 8.500a5 5 0 0 1-7-7L13 4a3.300 3.300 0 0 1 4.700 4.700L9.500 17a1.600 1.600 0 0 1-2.300-2.300l7.500-7.500",
  mic: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  more: "M5.500 12a.6.6 0 1 0-.1 0zM12.500 12a.6.6 0 1 0-.1 0zM19.500 12a.6.6 0 1 0-.1 0z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M5 12l5 5L19 7",
  close: "M6 6l12 12M18 6L6 18",
  refresh: "M20 11a8 8 0 1 0-2 6M20 5v6h-6",
  edit: "M4 20h4L19 9l-4-4L4 16z",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  back: "M15 5l-7 7 7 7",
  out: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  play: "M8 5l11 7-11 7z",
  star: "M12 4l2.500 5 5.500.8-4 3.900.9 5.500L12 16.600 7.100 19.200 8 13.700 4 9.800 9.500 9z",
  api: "M8 7l-5 5 5 5M16 7l5 5-5 5",
  sound: "M4 10v4h4l5 4V6L8 10zM17 9a4 4 0 0 1 0 6",
} as const;

export type IconName = keyof typeof paths;

/** A drawing that says nothing to a screen reader: what is beside it, or its button, does. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
