// Renders the document as a page: plain HTML without a script, so that the content security policy stays as it is.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Html, markup, raw } from './markup.js';
import type { Json } from './json-schema.js';

const style = readFileSync(new URL('./docs-page.css', import.meta.url), 'utf8').replaceAll('\r\n', '\n');

/** CSP 3 §2.3.1 */
const hash = createHash('sha256').update(style).digest('base64');

export const contentSecurityPolicy = [
  ...["default-src 'none'", `style-src 'sha256-${hash}'`],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join(';');

export function docsPage(document: Json): string {
  const { info, tags, paths } = document as { info: Json; tags: Json[]; paths: Record<string, Record<string, Json>> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
  const sections = tags.map((tag) => ({
    ...{ name: String(tag['name']), about: String(tag['description']) },
    operations: operations.filter(({ operation }) => (operation['tags'] as string[])[0] === tag['name']),
  }));
  const toc = sections.map(
    (section) =>
      markup`<li>
        ${section.name}
        <ul>
          ${section.operations.map(linkTo)}
        </ul>
      </li>`,
  );
  const title = `${String(info['title'])} ${String(info['version'])}`;
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${title}</title>
        <style>${raw(style)}</style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p>${info['summary']}</p>
          <p>${prose(info['description'])}</p>
          <p><a href="/openapi.json">The document</a> (OpenAPI 3.1)</p>
        </header>
        <nav aria-label="Routes">
          <ul>
            ${toc}
          </ul>
        </nav>
        <main>
          ${sections.map(
            (section) =>
              markup`<h2>${section.name}</h2>
                <p>${section.about}</p>
                ${section.operations.map((each) => articleOf(each, document))}`,
          )}
        </main>
      </body>
    </html> `.text;
}

interface Named {
  readonly name: string;
  readonly operation: Json;
}

const idOf = ({ operation }: Named) => String(operation['operationId']);

const linkTo = (each: Named) =>
  markup`<li>
    <a href="#${idOf(each)}"><code>${each.name}</code></a>
  </li>`;

function articleOf(each: Named, document: Json): Html {
  const { summary, description, parameters = [], requestBody, responses } = each.operation;
  const answers = Object.entries(responses as Record<string, Json>).map(([status, answer]) =>
    answerOf(status, resolved(answer, document), document),
  );
  return markup`<article id="${idOf(each)}" aria-labelledby="${idOf(each)}-name">
    <h3 id="${idOf(each)}-name"><code>${each.name}</code></h3>
    <p>${prose(summary)}. ${prose(description)} ${accessOf(each)}</p>
    ${(parameters as Json[]).map(parameterOf)} ${requestBody ? bodyOf(requestBody as Json) : ''}
    <dl>${answers}</dl>
  </article>`;
}

function accessOf({ operation }: Named): string {
  const names = (operation['security'] as Json[]).flatMap((each) => Object.keys(each));
  const isOptional = (operation['security'] as Json[]).some((each) => Object.keys(each).length === 0);
  return names.length === 0 ? 'Open to all.' : `Takes ${names.join(', ')}${isOptional ? ', or none' : ''}.`;
}

const parameterOf = (parameter: Json) =>
  markup`<p><code>${parameter['name']}</code> in the ${parameter['in']}: ${prose(parameter['description'])}</p>`;

function bodyOf({ content }: Json): Html {
  const [[type, media] = ['', {}]] = Object.entries(content as Record<string, Json>);
  return markup`<p>Body, <code>${type}</code>:</p>
    ${code(media['schema'])}`;
}

function answerOf(status: string, answer: Json, document: Json): Html {
  const media = Object.values((answer['content'] ?? {}) as Record<string, Json>)[0];
  const named = Object.values((media?.['examples'] ?? {}) as Record<string, Json>)[0];
  const example = media?.['example'] ?? (named && resolved(named, document)['value']);
  const headers = Object.keys((answer['headers'] ?? {}) as Json).filter((name) => name !== 'X-Request-Id');
  const summary = `Example of ${status === 'default' ? 'any other' : status}`;
  return markup`<dt>${status}</dt>
    <dd>
      ${prose(answer['description'])}${headers.length > 0 ? markup` <small>${headers.join(', ')}</small>` : ''}
      ${
        example === undefined
          ? ''
          : markup`<details>
              <summary>${summary}</summary>
              ${code(example)}
            </details>`
      }
    </dd>`;
}

const code = (value: unknown): Html =>
  markup`<pre tabindex="0"><code>${JSON.stringify(value, undefined, 2)}</code></pre>`;

const resolved = (node: Json, document: Json): Json =>
  typeof node['$ref'] === 'string'
    ? node['$ref']
        .slice(2)
        .split('/')
        .reduce<Json>((at, part) => at[part] as Json, document)
    : node;

/** As much Markdown as the document has: code, and lists as lines. */
function prose(text: unknown): Html {
  const parts = (typeof text === 'string' ? text : '').split('`');
  return markup`${parts.map((part, at) => (at % 2 === 1 ? markup`<code>${part}</code>` : lines(part)))}`;
}

const lines = (text: string): Html =>
  markup`${text.split(/^- |\n- /m).map((line, at) => (at === 0 ? line : markup`<br />${line}`))}`;
