import { chmod, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { execa } from 'execa';
import { cacheDirectory, makeOnce } from './cache.js';
import { installSystemPackages } from './install-system-packages.js';

const version = '1.38.0';

/**
 * Temporal's test server, whose clock jumps to the next timer: the SDK's own download or, where that is impossible, the
 * Java program of the same name with its libraries, by Maven. Returns the program's path.
 */
export async function installTemporalTestServer(): Promise<string> {
  const directory = await makeOnce(cacheDirectory('temporal-test-server', version), async (temporary) => {
    if (!(await download(temporary))) await installWithMaven(temporary);
  });
  return join(directory, 'temporal-test-server');
}

/** The SDK downloads only in order to start a server, so one is started and stopped. */
async function download(directory: string): Promise<boolean> {
  try {
    const environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'cached-download', downloadDir: directory } },
    });
    await environment.teardown();
  } catch {
    return false;
  }
  const [program] = await readdir(directory);
  if (!program) return false;
  await rename(join(directory, program), join(directory, 'temporal-test-server'));
  return true;
}

const project = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId><artifactId>test</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;

async function installWithMaven(directory: string): Promise<void> {
  await installSystemPackages(['mvn']);
  await writeFile(join(directory, 'pom.xml'), project);
  const args = ['dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime'];
  await execa('mvn', ['--quiet', '--batch-mode', ...args], { cwd: directory, stdin: 'ignore' });
  const program = join(directory, 'temporal-test-server');
  await writeFile(
    program,
    '#!/bin/sh\nexec java -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"\n',
  );
  await chmod(program, 0o755);
}
