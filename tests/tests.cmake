planbro_test(base)
planbro_test(json)
planbro_test(fhir)
