// A classic script, as it has to run before anything is painted: the colours and the
// language that were chosen last, or the browser's.
(() => {
  const stored = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      // Private windows may refuse.
      return null;
    }
  };
  const page = document.documentElement;
  const chosen = stored("ringback-theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.theme = dark ? "dark" : "light";

  const languages = [...document.querySelectorAll("meta[name=ui-language]")];
  const find = (tag) => languages.find(({ content }) => content === tag);
  const wanted = [stored("ringback-language") ?? "", ...navigator.languages, "en"];
  const language = wanted.map((tag) => find(tag) ?? find(tag.split("-")[0])).find(Boolean);
  page.lang = language.content;
  page.dir = language.dataset.direction;
  const texts = fetch(language.dataset.texts).then((answer) => {
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    return answer.text();
  });

  Promise.all([import("{{js}}"), texts])
    .then(([{ default: init }, texts]) => {
      window.ringbackTexts = texts;
      return init({ module_or_path: "{{wasm}}" });
    })
    .catch((error) => {
      console.error(error);
      const note = document.createElement("p");
      note.role = "alert";
      note.textContent = "Ringback could not be started. Reload the page, or use a current browser.";
      document.body.append(note);
    });
})();
