// Begins: theme, charts, table, and what printing needs.
const themeButton = document.getElementById("theme");
themeButton.hidden = false;
themeButton.addEventListener("click", () => {
  setTheme(theme() === "dark" ? "light" : "dark");
  remember("theme", theme());
});
showCharts();
showTable();
setTheme(remembered("theme"));
dark.addEventListener("change", () => setTheme(remembered("theme")));

let themeBefore = null;
function print(begins) {
  if (begins && themeBefore === null) {
    themeBefore = document.documentElement.dataset.theme || "";
    setTheme("light");
    if (count) {
      fill(PRINTED);
      document.getElementById("print-note").textContent = `The first ${whole(Math.min(PRINTED, table.order.length))} of ${whole(table.order.length)} images.`;
    }
  } else if (!begins && themeBefore !== null) {
    setTheme(themeBefore || null);
    themeBefore = null;
    if (count) fill();
  }
}
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
matchMedia("print").addEventListener("change", (event) => print(event.matches));
