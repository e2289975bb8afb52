import { Choice } from "../parts/field.tsx";
import { language, setLanguage, t } from "../state/language.ts";
import { type Theme, theme } from "../state/theme.ts";

/** Language and theme. */
export function Preferences() {
  return (
    <div class="preferences">
      <Choice
        label={t("language")}
        value={language.value}
        options={[
          ["zh", "中文"],
          ["en", "English"],
        ]}
        onChange={(chosen) => void setLanguage(chosen)}
      />
      <Choice<Theme>
        label={t("theme")}
        value={theme.value}
        options={[
          ["system", t("themeSystem")],
          ["light", t("themeLight")],
          ["dark", t("themeDark")],
        ]}
        onChange={(chosen) => {
          theme.value = chosen;
        }}
      />
    </div>
  );
}
