// Returns what is wrong with the layout of the page, or of its open dialog.
const faults = [];
const page = document.documentElement;
const excess = page.scrollWidth - page.clientWidth;

const SLACK = 1.5;
const describe = (element, text) => {
  const path = [];
  for (let here = element; here && path.length < 3; here = here.parentElement) {
    const classes = typeof here.className === "string" && here.className ? `.${here.className.trim().replace(/\s+/g, ".")}` : "";
    path.unshift(`${here.localName}${classes}`);
  }
  return `"${text.trim().slice(0, 50)}" in ${path.join(" > ")}`;
};
// The part of an element that is not border.
const inside = (element) => {
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  return {
    left: box.left + parseFloat(style.borderLeftWidth),
    right: box.right - parseFloat(style.borderRightWidth),
    top: box.top + parseFloat(style.borderTopWidth),
    bottom: box.bottom - parseFloat(style.borderBottomWidth),
  };
};
const hides = (overflow) => overflow === "hidden" || overflow === "clip";
const scrolls = (overflow) => overflow === "auto" || overflow === "scroll";
// A text that is shortened with an ellipsis can be read in full where its own element,
// or the cell that holds it, carries the whole text.
const readable = (element, text) => {
  const carries = (holder) => [holder?.title, holder?.ariaLabel].some((whole) => whole?.includes(text.trim()));
  return carries(element) || carries(element.closest("td, th, dd, li"));
};

// Only for screen readers.
const hiddenFromSight = (element) => {
  for (let here = element; here; here = here.parentElement) {
    if (here.offsetWidth <= 1 && hides(getComputedStyle(here).overflowX)) return true;
  }
  return false;
};

// A browser lays texts in these out itself.
const field = document.createElement("canvas").getContext("2d");
const cutField = (element, text) => {
  const style = getComputedStyle(element);
  field.font = style.font;
  const room = element.clientWidth - parseFloat(style.paddingInlineStart) - parseFloat(style.paddingInlineEnd);
  return text && field.measureText(text).width > room + SLACK;
};

if (excess > 0) {
  const inScroller = (element) => {
    const above = element.parentElement;
    return above && above !== page && (getComputedStyle(above).overflowX !== "visible" || inScroller(above));
  };
  const beyond = [...document.body.querySelectorAll("*")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && element.checkVisibility() && !inScroller(element) && (box.right > page.clientWidth + 1 || box.left < -1);
  });
  const causes = beyond.filter((element) => !beyond.some((other) => other !== element && element.contains(other)));
  const named = causes.slice(0, 3).map((element) => describe(element, element.textContent));
  faults.push(`the page scrolls sideways by ${excess} px: ${named.join("; ")}`);
}

// A list or a hint that is shortened with an ellipsis can be read in full elsewhere, but
// on a wide screen there is room for it.
const stretched = page.lang.includes("-X");
const mayEnd = (element) => getComputedStyle(element).textOverflow === "ellipsis" && (stretched || innerWidth < 960);

const open = [...document.querySelectorAll("dialog[open]")].pop() ?? document.body;
for (const select of open.querySelectorAll("select")) {
  const text = select.selectedOptions[0]?.textContent ?? "";
  if (select.checkVisibility() && !mayEnd(select) && cutField(select, text)) faults.push(`cut: ${describe(select, text)}`);
}
for (const input of open.querySelectorAll("input[placeholder]")) {
  if (input.checkVisibility() && !input.value && !mayEnd(input) && cutField(input, input.placeholder)) faults.push(`cut: ${describe(input, input.placeholder)}`);
}

const texts = document.createTreeWalker(open, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const text = texts.currentNode;
  const parent = text.parentElement;
  if (!text.data.trim() || parent.closest("select, script, style, noscript, .visually-hidden, .skip")) continue;
  if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true })) continue;
  if (hiddenFromSight(parent)) continue;
  const range = document.createRange();
  range.selectNodeContents(text);
  const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
  if (boxes.length === 0) continue;
  const left = Math.min(...boxes.map((box) => box.left));
  const right = Math.max(...boxes.map((box) => box.right));
  const bottom = Math.max(...boxes.map((box) => box.bottom));
  const fault = (what) => faults.push(`${what}: ${describe(parent, text.data)}`);

  let sideways = true;
  let down = true;
  let block = null;
  for (let here = parent; here && here !== page; here = here.parentElement) {
    const style = getComputedStyle(here);
    if (style.display === "inline" || style.display === "contents") continue;
    const room = inside(here);
    const beyond = left < room.left - SLACK || right > room.right + SLACK;
    if (sideways && beyond && scrolls(style.overflowX)) sideways = false;
    if (sideways && beyond && hides(style.overflowX)) {
      if (style.textOverflow !== "ellipsis" || !readable(parent, text.data)) fault("cut");
      break;
    }
    if (sideways && beyond && block === null && style.textOverflow !== "ellipsis") {
      fault(`sticks out by ${Math.round(Math.max(room.left - left, right - room.right))} px`);
      break;
    }
    block ??= here;
    if (scrolls(style.overflowY)) down = false;
    if (down && hides(style.overflowY) && bottom > room.bottom + 3 && style.webkitLineClamp === "none") {
      fault("cut below");
      break;
    }
    if (style.position === "fixed") {
      if (sideways && (left < -SLACK || right > innerWidth + SLACK)) fault("beyond the screen");
      break;
    }
  }
}
return [...new Set(faults)].slice(0, 12);
