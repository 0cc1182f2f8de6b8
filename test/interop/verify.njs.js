// Verifies a bearer token inside nginx. The key set is fetched through nginx's own cache, which does as Cache-Control says:
// an unknown kid does not make it fetch again, so a key must have been published before it signs.
const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

const bytes = (text) => Buffer.from(text, 'base64url');
const json = (text) => JSON.parse(bytes(text).toString());

function der(tag, content) {
  const length = [];
  for (let rest = content.length; rest > 0; rest >>= 8) length.unshift(rest & 255);
  const head = content.length < 128 ? [tag, content.length] : [tag, 0x80 | length.length].concat(length);
  return Buffer.concat([Buffer.from(head), content]);
}

const positive = (number) => der(2, number[0] & 0x80 ? Buffer.concat([Buffer.from([0]), number]) : number);
const RSA_ENCRYPTION = Buffer.from('300d06092a864886f70d0101010500', 'hex');

/** njs 0.7.9 of Debian imports no JWK: SubjectPublicKeyInfo is written by hand. */
function spki(key) {
  const pair = der(0x30, Buffer.concat([positive(bytes(key.n)), positive(bytes(key.e))]));
  return der(0x30, Buffer.concat([RSA_ENCRYPTION, der(3, Buffer.concat([Buffer.from([0]), pair]))]));
}

async function resource(r) {
  try {
    const token = (r.headersIn.authorization || '').replace('Bearer ', '').split('.');
    const header = json(token[0]);
    const answer = await r.subrequest('/jwks');
    const key = JSON.parse(answer.responseText).keys.find((candidate) => candidate.kid === header.kid);
    if (!key || header.alg !== 'RS256') return r.return(401, `no key ${header.kid}\n`);
    const imported = await crypto.subtle.importKey('spki', spki(key), RS256, false, ['verify']);
    const text = Buffer.from(`${token[0]}.${token[1]}`);
    const isIntact = await crypto.subtle.verify(RS256, imported, bytes(token[2]), text);
    const isCurrent = json(token[1]).exp > Date.now() / 1000;
    return r.return(isIntact && isCurrent ? 200 : 401, `intact ${isIntact}, current ${isCurrent}\n`);
  } catch (error) {
    return r.return(401, `${String(error)}\n`);
  }
}

export default { resource };
