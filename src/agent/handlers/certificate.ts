import type { Box } from '../box.ts';
import { nameOf } from '../caller.ts';
import { renewCertificate } from '../effects.ts';
import { fieldRefusal, Refusal } from '../refusal.ts';
import type { Handlers } from '../verbs.ts';

/** The certificate that the pages show: the box's own, or one that was uploaded. */
export const certificateHandlers: Handlers<'certificate.get' | 'certificate.set' | 'certificate.reset'> = {
  'certificate.get': ({ secrets }) => secrets.certificates(),
  'certificate.set': (box, { chain, key }, caller) =>
    box.lock(async () => {
      const kept = await box.secrets.uploadCertificate(chain, key).catch((error) => {
        console.error('certificate:', error);
        throw new Refusal(500, 'The certificate could not be written to the disk. Nothing was changed.');
      });
      if ('message' in kept) throw fieldRefusal(422, kept.field, kept.message);
      await renewCertificate(box);
      await tell(box, nameOf(caller), `uploaded a certificate, ${kept.fingerprint}`);
      return { fingerprint: kept.fingerprint };
    }),
  'certificate.reset': (box, _input, caller) =>
    box.lock(async () => {
      await box.secrets.dropCertificate();
      await renewCertificate(box);
      await tell(box, nameOf(caller), 'went back to the box’s own certificate');
      const { own } = await box.secrets.certificates();
      return { fingerprint: own?.fingerprint ?? '' };
    }),
};

const tell = (box: Box, user: string, what: string): Promise<void> =>
  box.store.audit({ user, what }).catch(console.error);
