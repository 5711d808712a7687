/** Stack traces of the apps name their TypeScript. The source maps of npm packages, which take long to read, are left alone. */
import { setSourceMapsSupport } from 'node:module';

setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
