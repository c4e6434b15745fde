// Code that a shop copies into its own server. Nothing but each language's own library: it is pasted where we cannot install anything.
// What they make is what the server believes: HS256, `kid`, `sub`, `aud`, and an end within 15 minutes.

export const SNIPPETS = ['Node', 'PHP', 'Python', 'Ruby', 'Liquid'] as const;
export type SnippetName = (typeof SNIPPETS)[number];

/** Stands where the key's id belongs while there is no key. */
export const NO_KID = 'KEY_ID';

export interface SnippetValues {
  site: string;
  kid: string;
}

/** How long what is signed is good for, in seconds. The most that is believed is 900. */
const LIFE = 600;

export function serverCode(name: SnippetName, { site, kid }: SnippetValues): string {
  switch (name) {
    case 'Node':
      return `import { createHmac } from 'node:crypto';

export function chatToken(customer) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: 'HS256', typ: 'JWT', kid: '${kid}' };
  const claims = {
    sub: String(customer.id), aud: '${site}', iat: now, exp: now + ${LIFE},
    email: customer.email, name: customer.name,
  };
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const body = \`\${encode(header)}.\${encode(claims)}\`;
  const signature = createHmac('sha256', process.env.MOSTRADOR_SECRET).update(body);
  return \`\${body}.\${signature.digest('base64url')}\`;
}
`;
    case 'PHP':
      return `<?php
function chat_token(array $customer): string {
    $encode = fn (string $bytes): string => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    $now = time();
    $header = ['alg' => 'HS256', 'typ' => 'JWT', 'kid' => '${kid}'];
    $claims = [
        'sub' => (string) $customer['id'], 'aud' => '${site}', 'iat' => $now, 'exp' => $now + ${LIFE},
        'email' => $customer['email'], 'name' => $customer['name'],
    ];
    $body = $encode(json_encode($header)) . '.' . $encode(json_encode($claims));
    $signature = hash_hmac('sha256', $body, getenv('MOSTRADOR_SECRET'), true);
    return $body . '.' . $encode($signature);
}
`;
    case 'Python':
      return `import base64, hashlib, hmac, json, os, time

def chat_token(customer):
    def encode(raw):
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    now = int(time.time())
    header = {"alg": "HS256", "typ": "JWT", "kid": "${kid}"}
    claims = {
        "sub": str(customer["id"]), "aud": "${site}", "iat": now, "exp": now + ${LIFE},
        "email": customer["email"], "name": customer["name"],
    }
    body = b".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    secret = os.environ["MOSTRADOR_SECRET"].encode()
    signature = hmac.new(secret, body, hashlib.sha256).digest()
    return (body + b"." + encode(signature)).decode()
`;
    case 'Ruby':
      return `require "base64"
require "json"
require "openssl"

def chat_token(customer)
  encode = ->(bytes) { Base64.urlsafe_encode64(bytes, padding: false) }
  now = Time.now.to_i
  header = { alg: "HS256", typ: "JWT", kid: "${kid}" }
  claims = {
    sub: customer.id.to_s, aud: "${site}", iat: now, exp: now + ${LIFE},
    email: customer.email, name: customer.name
  }
  body = [header, claims].map { |part| encode.call(JSON.generate(part)) }.join(".")
  signature = OpenSSL::HMAC.digest("SHA256", ENV.fetch("MOSTRADOR_SECRET"), body)
  "#{body}.#{encode.call(signature)}"
end
`;
    case 'Liquid':
      return `{% comment %} The secret is in the shop's metafield mostrador.secret: it stands in no file of the theme. {% endcomment %}
{% assign secret = shop.metafields.mostrador.secret.value %}
<script>
  window.mostrador = window.mostrador || function () { (mostrador.q = mostrador.q || []).push(arguments) };
{% if customer %}
  mostrador("identify", { customer_id: "{{ customer.id }}", hash: "{{ customer.id | hmac_sha256: secret }}" });
{% else %}
  mostrador("identify", null);
{% endif %}
</script>
`;
  }
}

/** What the page says to the chat. A theme has said it all already. */
export function pageCode(name: Exclude<SnippetName, 'Liquid'>): string {
  return `<script>
  window.mostrador = window.mostrador || function () { (mostrador.q = mostrador.q || []).push(arguments) };
  // Signed in: the token that your server made. Signed out: mostrador("identify", null)
  mostrador("identify", { token: "${TOKEN[name]}" });
</script>
`;
}

/** How each language's pages put a value into themselves. */
const TOKEN: Record<Exclude<SnippetName, 'Liquid'>, string> = {
  Node: '${chatToken(customer)}',
  PHP: '<?= chat_token($customer) ?>',
  Python: '{{ chat_token }}',
  Ruby: '<%= chat_token(current_customer) %>',
};
