declare module "@libav.js/variant-obsolete" {
  import LibAV from "@libav.js/types";
  export default LibAV;
}
