#!/usr/bin/env bash
# Fetches the parts of Nav's design system and the font that the interface is
# made of, cut down to what is used, into internal/platform/ui/vendored. The
# result is committed, so that building Funn needs Go only.
#
# Run it after a new aksel-* class or a new icon has come into use in
# internal/platform/ui, or to take a new version. Needs npm and node.
set -euo pipefail

ds_css=8.15.0       # the whole Aksel family stays on one version
aksel_icons=8.15.0
source_sans=5.3.0
axe=4.14.1          # for the tests only

cd "$(dirname "$0")/.."
ui=internal/platform/ui
out=$ui/vendored
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

pack() { # package version folder
  (cd "$tmp" && npm pack --silent "$1@$2" >/dev/null)
  mkdir "$tmp/$3"
  local tgz
  tgz=$(ls -t "$tmp"/*.tgz | head -n 1)
  tar -xzf "$tgz" -C "$tmp/$3" --strip-components=1
  mv "$tgz" "$tmp/$3.packed"
}
pack @navikt/ds-css "$ds_css" css
pack @navikt/aksel-icons "$aksel_icons" icons
pack @fontsource-variable/source-sans-3 "$source_sans" font
pack axe-core "$axe" axe

rm -rf "$out/icons" "$out"/*.woff2
mkdir -p "$out/icons"

# Classes and icons in use: an icon is any quoted name that the icon set knows.
grep -hoE 'aksel-[a-z_-]+[a-z0-9]' "$ui"/*.templ | sort -u >"$tmp/classes"
grep -hoE '"[A-Z][A-Za-z0-9]+"' "$ui"/*.templ "$ui"/*.go --exclude='*_templ.go' --exclude='*_test.go' |
  tr -d '"' | sort -u | while read -r name; do
  if [ -f "$tmp/icons/dist/svg/$name.svg" ]; then echo "$name"; fi
done >"$tmp/icons.used"

cat >"$tmp/subset.js" <<'JS'
// Keeps the rules of a style sheet that concern the classes in use, drops
// @font-face (fonts are served from our own address), the dark theme (Funn
// has none yet) and the fallbacks for browsers older than :is().
const fs = require('fs');
const [classesFile, ...sheets] = process.argv.slice(2);
const used = new Set(fs.readFileSync(classesFile, 'utf8').split('\n').filter(Boolean));

function parse(css) { // a list of {head, body: string | list}
  let i = 0;
  function block(top) {
    const out = [];
    let start = i;
    for (;;) {
      if (i >= css.length) {
        if (!top) throw new Error('unclosed block');
        return out;
      }
      const c = css[i];
      if (c === '"' || c === "'") { i = css.indexOf(c, i + 1) + 1; continue; }
      if (c === ';') {
        out.push({ head: css.slice(start, i).trim() });
        start = ++i;
      } else if (c === '{') {
        const head = css.slice(start, i).trim();
        i++;
        out.push({ head, body: block(false) });
        start = i;
      } else if (c === '}') {
        const rest = css.slice(start, i).trim();
        if (rest) out.push({ head: rest });
        i++;
        return out;
      } else i++;
    }
  }
  return block(true);
}

function splitTop(s) { // at commas outside brackets
  const out = [];
  let depth = 0, last = 0;
  for (let i = 0; i < s.length; i++) {
    if ('(['.includes(s[i])) depth++;
    else if (')]'.includes(s[i])) depth--;
    else if (s[i] === ',' && depth === 0) { out.push(s.slice(last, i)); last = i + 1; }
  }
  out.push(s.slice(last));
  return out.map((x) => x.trim());
}

const classesIn = (s) => (s.match(/\.aksel-[A-Za-z0-9_-]+/g) || []).map((c) => c.slice(1));

function keep(selector) {
  if (/-webkit-any|-moz-any|:host|\.dark\b/.test(selector)) return false;
  // Brackets of the innermost level first: a list needs one class in use, a
  // negation needs nothing.
  let s = selector;
  for (;;) {
    const m = s.match(/:([a-z-]+)\(([^()]*)\)/);
    if (!m) break;
    if (m[1] !== 'not') {
      const cs = classesIn(m[2]);
      if (cs.length && !splitTop(m[2]).some((part) => classesIn(part).every((c) => used.has(c)))) return false;
    }
    s = s.replace(m[0], '');
  }
  return classesIn(s).every((c) => used.has(c));
}

function filter(nodes) {
  return nodes.flatMap((n) => {
    if (!n.body) return [n];
    if (n.head.startsWith('@font-face')) return [];
    if (n.head.startsWith('@keyframes')) return [n];
    if (n.head.startsWith('@')) {
      const body = filter(n.body);
      return body.length ? [{ head: n.head, body }] : [];
    }
    const selectors = splitTop(n.head).filter(keep);
    return selectors.length && n.body.length ? [{ head: selectors.join(','), body: n.body }] : [];
  });
}

const print = (nodes) => nodes.map((n) => (n.body ? `${n.head}{${print(n.body)}}` : `${n.head};`)).join('').replace(/;}/g, '}');

// @layer statements that only name layers are the same in every sheet: once is enough.
const seen = new Set();
for (const sheet of sheets) {
  const css = fs.readFileSync(sheet, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const nodes = filter(parse(css)).filter((n) => n.body || !seen.has(n.head) && seen.add(n.head));
  process.stdout.write(print(nodes) + '\n');
}
const have = new Set();
for (const sheet of sheets) for (const c of classesIn(fs.readFileSync(sheet, 'utf8'))) have.add(c);
const absent = [...used].filter((c) => !have.has(c));
if (absent.length) { console.error('no such class in Aksel:', absent.join(' ')); process.exit(1); }
JS

dist=$tmp/css/dist
layers='@layer aksel.reset,aksel.theming,aksel.baseline,aksel.print,aksel.typography,aksel.components.core,aksel.components.core.loader,aksel.components.core.button,aksel.components.form,aksel.components.modules,aksel.layout;'
{
  echo "/* Aksel, Nav's design system, @navikt/ds-css $ds_css, MIT, cut down by scripts/vendor-ui.sh. See LICENCE-aksel.txt. */"
  echo "$layers"
  node "$tmp/subset.js" "$tmp/classes" \
    "$dist"/global/{reset,tokens,baseline}.css \
    "$dist"/component/{theme,typography,button,link,tag,alert,table,form}.css |
    sed -E 's/@layer [a-z., ]+;//g' | tr -s ' \n' ' ' | sed -E 's/ ?([{};,]) ?/\1/g; s/: /:/g'
} >"$out/aksel.css"

while read -r name; do
  # The size follows the text; decoration only, so hidden from screen readers.
  tr -d '\n' <"$tmp/icons/dist/svg/$name.svg" |
    sed -E 's/ xmlns="[^"]*"//; s/<svg /<svg class="f-icon" aria-hidden="true" focusable="false" /' >"$out/icons/$name.svg"
done <"$tmp/icons.used"

cp "$tmp/font/files/source-sans-3-latin-wght-normal.woff2" "$out/source-sans-3-latin.woff2"
cp "$tmp/font/files/source-sans-3-latin-ext-wght-normal.woff2" "$out/source-sans-3-latin-ext.woff2"
cp "$tmp/font/LICENSE" "$out/LICENCE-source-sans-3.txt"

mkdir -p "$ui/axetest"
cp "$tmp/axe/axe.min.js" "$ui/axetest/axe.min.js"
cp "$tmp/axe/LICENSE" "$ui/axetest/LICENCE-axe-core.txt"

sum() { sha256sum "$1" | cut -d ' ' -f 1; }
cat >"$out/vendor.json" <<JSON
[
  {"package": "@navikt/ds-css", "version": "$ds_css", "licence": "MIT", "sha256": "$(sum "$tmp/css.packed")"},
  {"package": "@navikt/aksel-icons", "version": "$aksel_icons", "licence": "MIT", "sha256": "$(sum "$tmp/icons.packed")"},
  {"package": "@fontsource-variable/source-sans-3", "version": "$source_sans", "licence": "OFL-1.1", "sha256": "$(sum "$tmp/font.packed")"},
  {"package": "axe-core", "version": "$axe", "licence": "MPL-2.0", "sha256": "$(sum "$tmp/axe.packed")"}
]
JSON
printf 'aksel.css: %s bytes, %s with gzip; %s icons\n' "$(wc -c <"$out/aksel.css")" "$(gzip -9c "$out/aksel.css" | wc -c)" "$(wc -l <"$tmp/icons.used")"
