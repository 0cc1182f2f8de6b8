// Verifies the access token inside nginx, then passes the request on to the location @app.
// The key set is fetched through nginx's cache, which does as the issuer's Cache-Control says.
const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const LEEWAY_SECONDS = 30;

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

/** njs before 0.8 imports no JWK: SubjectPublicKeyInfo is written by hand. */
function spki(key) {
  const pair = der(0x30, Buffer.concat([positive(bytes(key.n)), positive(bytes(key.e))]));
  return der(0x30, Buffer.concat([RSA_ENCRYPTION, der(3, Buffer.concat([Buffer.from([0]), pair]))]));
}

async function keyOf(r, kid) {
  const answer = await r.subrequest('/_watchword/jwks');
  if (answer.status !== 200) throw new Error(`the key set answers ${answer.status}`);
  return JSON.parse(answer.responseText).keys.find((key) => key.kid === kid && key.kty === 'RSA');
}

/** @returns the claims, or undefined when the token is not good for this service */
async function verified(r, token) {
  const parts = token.split('.');
  let header;
  let claims;
  try {
    header = json(parts[0]);
    claims = json(parts[1]);
  } catch (error) {
    r.log(`no token: ${error.message}`);
    return undefined;
  }
  if (parts.length !== 3 || header.alg !== 'RS256' || header.typ !== 'at+jwt') return undefined;
  const key = await keyOf(r, header.kid);
  if (!key) return undefined;
  const imported = await crypto.subtle.importKey('spki', spki(key), RS256, false, ['verify']);
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  if (!(await crypto.subtle.verify(RS256, imported, bytes(parts[2]), signed))) return undefined;
  const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  const isForUs = claims.iss === r.variables.watchword_issuer && audiences.includes(r.variables.watchword_audience);
  return isForUs && claims.exp + LEEWAY_SECONDS > Date.now() / 1000 ? claims : undefined;
}

async function gate(r) {
  try {
    const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(r.headersIn.authorization || '');
    const claims = bearer ? await verified(r, bearer[1]) : undefined;
    if (!claims) {
      r.headersOut['WWW-Authenticate'] = bearer ? 'Bearer error="invalid_token"' : 'Bearer';
      return r.return(401);
    }
    r.variables.watchword_sub = claims.sub;
    r.variables.watchword_role = claims.role || '';
    return r.internalRedirect('@app');
  } catch (error) {
    r.error(String(error));
    return r.return(503); // nothing is wrong with the token
  }
}

export default { gate };
