// Judges requests and answers by an OpenAPI 3.1 document, with ajv (JSON schema, draft 2020-12).
// argv[2]: a folder whose node_modules has ajv. In: the document on the first line, then one exchange a line:
// {method, path, status, contentType, body, requestType, requestBody}. Out, for each line: "ok" or what is wrong.
// The exchange {examples: true} judges every example of the document.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const Ajv = createRequire(process.argv[2] + '/package.json')('ajv/dist/2020').default;
let document, ajv, routes;

function open(text) {
  document = JSON.parse(text);
  // A member that the document does not know is an error here; to clients it says no such thing, so that views may grow.
  for (const schema of Object.values(document.components.schemas))
    if (schema.type === 'object' && schema.properties && schema.additionalProperties === undefined) schema.additionalProperties = false;
  ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addSchema(document, 'api');
  routes = Object.keys(document.paths).map(path => ({ path, form: new RegExp('^' + path.replace(/\{[^}]+\}/g, '[^/]+') + '$') }));
  routes.sort((a, b) => a.path.split('{').length - b.path.split('{').length); // the more exact one first
}

const pointer = (...parts) => 'api#/' + parts.map(p => encodeURIComponent(p.replace(/~/g, '~0').replace(/\//g, '~1'))).join('/');
const media = type => (type ?? '').split(';')[0].trim();

function check(what, at, value) {
  const validate = ajv.compile({ $ref: at });
  return validate(value) ? [] : [`${what}: ${ajv.errorsText(validate.errors, { separator: '; ' })}; found ${JSON.stringify(value).slice(0, 600)}`];
}

function contentOf(content, type) {
  return Object.keys(content ?? {}).find(key => media(key) === media(type));
}

function judge(exchange) {
  const route = routes.find(r => r.form.test(exchange.path) && document.paths[r.path][exchange.method]);
  if (!route) return exchange.status < 400 ? [`${exchange.method} ${exchange.path}: answered ${exchange.status}, but not in the document`] : [];

  const operation = document.paths[route.path][exchange.method];
  const name = `${exchange.method} ${route.path} ${exchange.status}`;
  const wrong = [];
  if (exchange.status < 300 && exchange.requestBody !== null) {
    const key = contentOf(operation.requestBody?.content, exchange.requestType);
    if (!key) wrong.push(`${name}: request of ${exchange.requestType} is not in the document`);
    else if (key === 'application/json')
      wrong.push(...check(`${name}, request`, pointer('paths', route.path, exchange.method, 'requestBody', 'content', key, 'schema'), JSON.parse(exchange.requestBody)));
  }

  const response = operation.responses[exchange.status];
  if (!response) return [...wrong, `${name}: this status is not in the document`];
  if (!response.content) return exchange.body ? [...wrong, `${name}: a body found, none expected`] : wrong;

  const key = contentOf(response.content, exchange.contentType);
  if (!key) return [...wrong, `${name}: ${exchange.contentType} found, ${Object.keys(response.content)} expected`];
  if (/[/+]json$/.test(media(key)))
    wrong.push(...check(`${name}, answer`, pointer('paths', route.path, exchange.method, 'responses', `${exchange.status}`, 'content', key, 'schema'), JSON.parse(exchange.body)));
  return wrong;
}

function judgeExamples() {
  const wrong = [];
  for (const [path, item] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(item))
      for (const [status, response] of Object.entries(operation.responses))
        for (const [type, content] of Object.entries(response.content ?? {}))
          if ('example' in content)
            wrong.push(...check(`${method} ${path} ${status}, example`, pointer('paths', path, method, 'responses', status, 'content', type, 'schema'), content.example));
  return wrong;
}

for await (const line of createInterface({ input: process.stdin })) {
  if (!document) {
    open(line);
    console.log('ok');
    continue;
  }
  let wrong;
  try {
    const exchange = JSON.parse(line);
    wrong = exchange.examples ? judgeExamples() : judge(exchange);
  } catch (e) {
    wrong = [String(e)];
  }
  console.log(wrong.length ? wrong.join(' | ').replaceAll('\n', ' ') : 'ok');
}
