import { ApiRefusal, type Route } from './route.ts';

const tag = 'Box';

/** The certificate of the user interface and of this API: look, put another in its place, back to the box's own. */
export const certificateRoutes: Route[] = [
  {
    method: 'GET',
    path: '/certificate',
    tag,
    summary: 'The certificates of the user interface: the box’s own, and the uploaded one',
    answer: { schema: 'Certificates', text: 'Times are seconds since 1970. Keys are never told.' },
    run: async ({ agent }) => ({ body: await agent('certificate.get', {}) }),
  },
  {
    method: 'PUT',
    path: '/certificate',
    tag,
    summary: 'Upload a certificate with its chain and its private key, as PEM',
    body: {
      schema: 'CertificateBody',
      example: { chain: '-----BEGIN CERTIFICATE-----…', key: '-----BEGIN PRIVATE KEY-----…' },
    },
    answer: { schema: 'Fingerprint', text: 'It is shown within seconds.' },
    run: async ({ agent, body }) => ({ body: await agent('certificate.set', pairIn(body)) }),
  },
  {
    method: 'DELETE',
    path: '/certificate',
    tag,
    summary: 'Forget the uploaded certificate and its key: back to the box’s own',
    answer: { schema: 'Fingerprint', text: 'The box’s own is shown within seconds.' },
    run: async ({ agent }) => ({ body: await agent('certificate.reset', {}) }),
  },
];

const pairIn = (body: unknown): { chain: string; key: string } => {
  const { chain, key, ...more } = (body ?? {}) as Record<string, unknown>;
  if (typeof chain !== 'string' || typeof key !== 'string' || Object.keys(more).length > 0)
    throw new ApiRefusal(400, 'The body has a `chain` and a `key`, both PEM, and nothing else.');
  return { chain, key };
};
