// Only in pages that `cargo xtask run --dev` builds: reloads the page as soon as a new build is served.
(() => {
  let current = null;
  const check = async () => {
    try {
      const response = await fetch("/dev-build.txt", { cache: "no-store" });
      if (!response.ok) return;
      const build = await response.text();
      current ??= build;
      if (build !== current) location.reload();
    } catch {
      // The server is restarting, or the folder is being written.
    }
  };
  check();
  setInterval(check, 500);
})();
