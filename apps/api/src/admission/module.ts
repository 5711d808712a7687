import { Global, Module } from '@nestjs/common';
import { Admission } from './admission.ts';
import { AdmissionConfig, loadAdmissionConfigOrExit } from './config.ts';

@Global()
@Module({
  providers: [{ provide: AdmissionConfig, useFactory: loadAdmissionConfigOrExit }, Admission],
  exports: [Admission, AdmissionConfig],
})
export class AdmissionModule {}
