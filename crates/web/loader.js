// Before anything is painted: the colours that were chosen last, or the system's.
const chosen = (() => {
  try {
    return localStorage.getItem("ringback-theme");
  } catch {
    return null;
  }
})();
const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = dark ? "dark" : "light";

const { default: init } = await import("{{js}}");
try {
  await init({ module_or_path: "{{wasm}}" });
} catch (error) {
  console.error(error);
  const note = document.createElement("p");
  note.role = "alert";
  note.textContent = "Ringback could not be started. Reload the page, or use a current browser.";
  document.body.append(note);
}
