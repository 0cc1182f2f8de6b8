// Draws a call tree as an SVG: width is time, and a frame stands on its caller.

const [WIDTH, ROW, CHARACTER] = [1600, 17, 6.6];
/** Narrower ones cannot be seen. */
const LEAST_WIDTH = 0.6;
const COLOURS = { own: '#f4a259', package: '#8cb9e0', node: '#a8d5a2', native: '#d9d2e9', engine: '#d0d0d0' };
const LEGEND = {
  own: 'Watchword',
  package: 'packages',
  node: 'Node',
  native: 'native code',
  engine: 'the engine (garbage collection, …)',
};

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** @param tree of cpu-profile.mjs */
export function flameGraph({ root, busySeconds, idleSeconds }, title) {
  const frames = [];
  const scale = WIDTH / root.total;
  const place = (node, x, depth) => {
    const width = node.total * scale;
    if (width < LEAST_WIDTH) return;
    frames.push({ node, x, depth, width });
    let at = x;
    for (const child of [...node.children.values()].toSorted((a, b) => b.total - a.total)) {
      place(child, at, depth + 1);
      at += child.total * scale;
    }
  };
  place(root, 0, 0);
  const deepest = Math.max(...frames.map(({ depth }) => depth));
  const height = (deepest + 4) * ROW;
  const share = ((100 * busySeconds) / (busySeconds + idleSeconds)).toFixed(0);
  const heading = `${title}: ${busySeconds.toFixed(1)} s of the main thread, busy ${share} % of the time`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="11">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="4" y="13" font-size="13">${escaped(heading)}</text>`,
    ...Object.entries(LEGEND).map(
      ([kind, text], i) =>
        `<rect x="${4 + i * 130}" y="20" width="10" height="10" fill="${COLOURS[kind]}"/><text x="${18 + i * 130}" y="29">${text}</text>`,
    ),
    ...frames.map((frame) => drawn(frame, height, root.total)),
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ node, x, depth, width }, height, total) {
  const y = height - (depth + 1) * ROW;
  const share = `${((100 * node.total) / total).toFixed(1)} %`;
  const room = Math.floor((width - 4) / CHARACTER);
  const text = room < 3 ? '' : node.label.length <= room ? node.label : `${node.label.slice(0, room - 1)}…`;
  const at = `x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}"`;
  const label = text && `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escaped(text)}</text>`;
  return `<g><title>${escaped(node.label)} — ${share}</title><rect ${at} fill="${COLOURS[node.kind]}"/>${label}</g>`;
}
