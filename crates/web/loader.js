// A classic script, as it has to run before anything is painted: the colours
// that were chosen last, or the system's.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("ringback-theme");
  } catch {
    // Private windows may refuse.
  }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";

  import("{{js}}")
    .then(({ default: init }) => init({ module_or_path: "{{wasm}}" }))
    .catch((error) => {
      console.error(error);
      const note = document.createElement("p");
      note.role = "alert";
      note.textContent = "Ringback could not be started. Reload the page, or use a current browser.";
      document.body.append(note);
    });
})();
