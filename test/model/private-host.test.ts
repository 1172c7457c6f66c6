import { expect, it } from 'vitest';
import { isPrivateUrl } from '../../src/model/private-host.js';

it.each([
  'http://s3:9000',
  'http://localhost:9000/x',
  'http://minio.storage.svc.cluster.local',
  'http://127.0.0.1:9000',
  'http://10.1.2.3',
  'http://172.31.0.1:9000',
  'http://192.168.1.1',
  'http://100.64.0.1',
  'http://[::1]:9000',
  'http://[fd00::1]/x',
])('%s is private', (url) => {
  expect(isPrivateUrl(url)).toBe(true);
});

it.each([
  'http://s3.example.com:9000',
  'http://8.8.8.8',
  'http://172.32.0.1',
  'http://100.128.0.1',
  'http://10.example.com',
  'http://[2001:db8::1]:9000',
  'http://localhost@example.com',
])('%s is public', (url) => {
  expect(isPrivateUrl(url)).toBe(false);
});
