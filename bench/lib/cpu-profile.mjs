// Turns V8's CPU profile into a tree of calls and a list of the most expensive functions.

/** The readable name of a frame: function and file. */
function describe({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  if (url === '') return { label: name, kind: name.startsWith('(') ? 'engine' : 'native' };
  if (url.startsWith('node:')) return { label: `${name} ${url}:${lineNumber + 1}`, kind: 'node' };
  const packaged = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(url);
  if (packaged) return { label: `${name} ${packaged[1]}/${packaged[2]}:${lineNumber + 1}`, kind: 'package' };
  return { label: `${name} ${url.replace(/^.*\/dist\//, '')}:${lineNumber + 1}`, kind: 'own' };
}

/**
 * @param profile the content of a .cpuprofile
 * @param seconds of its end that count: the load, not the start
 * @returns {{ root, busySeconds, idleSeconds, functions }} a node is { label, kind, self, total, children: Map }
 */
export function callTree(profile, seconds) {
  const parents = new Map();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  for (const { id, children = [] } of profile.nodes) for (const child of children) parents.set(child, id);
  const paths = new Map();
  const pathOf = (id) => {
    if (!paths.has(id)) {
      const parent = parents.get(id);
      paths.set(id, parent === undefined ? [] : [...pathOf(parent), describe(nodes.get(id).callFrame)]);
    }
    return paths.get(id);
  };

  const root = { label: 'all', kind: 'engine', self: 0, total: 0, children: new Map() };
  const functions = new Map();
  let idle = 0;
  let now = profile.startTime;
  const from = profile.endTime - seconds * 1e6;
  for (const [at, id] of profile.samples.entries()) {
    now += profile.timeDeltas[at];
    if (now < from) continue;
    const micros = profile.timeDeltas[at + 1] ?? 0;
    const path = pathOf(id);
    if (path[0]?.label === '(idle)') {
      idle += micros;
      continue;
    }
    add(root, path, micros);
    const last = path.at(-1) ?? root;
    functions.set(last.label, (functions.get(last.label) ?? 0) + micros);
  }
  return {
    root,
    busySeconds: root.total / 1e6,
    idleSeconds: idle / 1e6,
    functions: [...functions]
      .map(([label, self]) => ({ label, share: self / root.total }))
      .toSorted((a, b) => b.share - a.share),
  };
}

function add(root, path, micros) {
  let node = root;
  node.total += micros;
  for (const { label, kind } of path) {
    if (!node.children.has(label)) node.children.set(label, { label, kind, self: 0, total: 0, children: new Map() });
    node = node.children.get(label);
    node.total += micros;
  }
  node.self += micros;
}
