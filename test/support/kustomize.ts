// Renders the overlays of deploy/kubernetes/ as kustomize does, as far as they use it: resources, namespace, images, replicas,
// and ConfigMaps from files of settings. The only difference: a generated name has no hash.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

// A manifest is judged by its schema afterwards; here it is only carried.
export type Manifest = Record<string, any>;

interface Kustomization {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resources: readonly string[];
  readonly namespace?: string;
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly configMapGenerator?: readonly {
    readonly name: string;
    readonly envs: readonly string[];
    readonly behavior?: 'merge';
  }[];
}

const UNDERSTOOD = 'apiVersion kind resources namespace images replicas configMapGenerator'.split(' ');

/** @throws Error where a kustomization uses what is not rendered here */
export function render(folder: string): Manifest[] {
  const given = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;
  const unknown = Object.keys(given).filter((key) => !UNDERSTOOD.includes(key));
  if (unknown.length > 0) throw new Error(`${folder}/kustomization.yaml: ${unknown.join(', ')} is not rendered here`);
  const manifests = given.resources.flatMap((name) => resource(join(folder, name)));
  for (const map of given.configMapGenerator ?? []) generate(manifests, folder, map);
  for (const manifest of manifests) {
    const { kind, metadata } = manifest;
    if (given.namespace && kind !== 'Namespace') metadata.namespace = given.namespace;
    const count = given.replicas?.find(({ name }) => name === metadata.name)?.count;
    if (count !== undefined && kind === 'Deployment') manifest['spec'].replicas = count;
    for (const container of containersOf(manifest)) {
      const image = given.images?.find(({ name }) => name === container['image']);
      if (image) container['image'] = `${image.newName}:${image.newTag}`;
    }
  }
  return manifests;
}

function resource(path: string): Manifest[] {
  if (statSync(path).isDirectory()) return render(path);
  // kubectl reads YAML 1.1: 0444 is octal there, and `on` is true.
  return parseAllDocuments(readFileSync(path, 'utf8'), { version: '1.1' }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors.join('; ')}`);
    return document.toJS() as Manifest;
  });
}

type Generator = NonNullable<Kustomization['configMapGenerator']>[number];

function generate(manifests: Manifest[], folder: string, { name, envs, behavior }: Generator): void {
  const lines = envs.flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'));
  const settings = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split(/=(.*)/s));
  const data = Object.fromEntries(settings.map(([key, value]) => [key, value]));
  const present = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
  if (behavior === 'merge' && present) Object.assign(present['data'], data);
  else manifests.push({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}

export const podOf = ({ spec }: Manifest): Manifest | undefined => spec?.template;

export const containersOf = (manifest: Manifest): Manifest[] => {
  const { containers = [], initContainers = [] } = podOf(manifest)?.['spec'] ?? {};
  return [...containers, ...initContainers];
};
