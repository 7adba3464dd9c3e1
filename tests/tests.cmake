planbro_test(base)
planbro_test(json)
