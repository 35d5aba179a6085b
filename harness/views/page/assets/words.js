// How numbers and days read.
const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

function duration(seconds) {
  if (seconds >= 10) return `${seconds.toFixed(1)} s`;
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  return `${(seconds * 1000).toFixed(1)} ms`;
}

// Days from today, by the reader's calendar, to a day written as 2026-12-15; NaN for anything else.
function daysUntil(day, now = new Date()) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!found) return NaN;
  const today = Date.UTC(now.getFullYear(), now.getMonth(), now.getDate());
  return Math.round((Date.UTC(+found[1], found[2] - 1, +found[3]) - today) / 86400000);
}

function countdown(day) {
  const days = daysUntil(day);
  if (Number.isNaN(days)) return `desupported on ${day}`;
  if (days > 0) return `desupported in ${count(days, "day", "days")} (${day})`;
  return days === 0 ? `desupported today (${day})` : `desupported ${count(-days, "day", "days")} ago (${day})`;
}

for (const element of document.querySelectorAll("time.day")) {
  const words = countdown(element.getAttribute("datetime"));
  element.textContent = words[0].toUpperCase() + words.slice(1);
}
