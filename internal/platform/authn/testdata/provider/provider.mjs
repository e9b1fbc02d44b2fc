// A real OpenID provider on loopback for one client. It knows everybody who
// names himself in its own login form; the name of a group, after a plus sign,
// puts him into that group: "anna+5f4d…".
//
// Environment: REDIRECT_URI, CLIENT_ID, CLIENT_SECRET. The issuer's address is
// printed as the first line.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { REDIRECT_URI, CLIENT_ID, CLIENT_SECRET } = process.env;

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI] }],
    cookies: { keys: ['a key for a test'] },
    claims: { openid: ['sub', 'groups'], profile: ['name'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false, // claims in the ID token itself, as Entra ID has them
    features: { devInteractions: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (ctx, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: `Person ${id.split('+')[0]}`,
        email: `${id.split('+')[0]}@example.no`,
        email_verified: true,
        groups: id.split('+').slice(1),
      }),
    }),
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
