import { z } from "zod";

/** The readable fields of a pdf.js annotation. */
const annotationSchema = z.object({
  subtype: z.string().optional(),
  hidden: z.boolean().optional(),
  fieldType: z.string().nullish(),
  fieldName: z.string().optional(),
  alternativeText: z.string().optional(),
  fieldValue: z.union([z.string(), z.array(z.string())]).nullish(),
  password: z.boolean().optional(),
  contentsObj: z.object({ str: z.string() }).optional(),
});

/** Form values and notes of a page, one line each. */
export function formValues(annotations: readonly unknown[]): string[] {
  return annotations.flatMap((annotation) => {
    const found = annotationSchema.safeParse(annotation);
    if (!found.success || found.data.hidden === true || found.data.password === true) return [];
    const { subtype, fieldType, fieldName, alternativeText, fieldValue, contentsObj } = found.data;
    if (subtype === "FreeText" && contentsObj !== undefined) return nonEmpty(contentsObj.str);
    if (subtype !== "Widget" || fieldType === "Sig") return [];
    const value = (Array.isArray(fieldValue) ? fieldValue.join(", ") : (fieldValue ?? "")).trim();
    if (value === "" || (fieldType === "Btn" && value === "Off")) return [];
    const name = (alternativeText || fieldName || "").trim();
    return [name === "" ? value : `${name}: ${value}`];
  });
}

function nonEmpty(text: string): string[] {
  const line = text.replace(/\s+/g, " ").trim();
  return line === "" ? [] : [line];
}
