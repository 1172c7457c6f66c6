import { startVersitygw } from '../../../tools/servers/versitygw.js';
import { describeS3Store } from './s3-conformance.js';

describeS3Store('versitygw', () => startVersitygw({ buckets: ['backups'] }));
