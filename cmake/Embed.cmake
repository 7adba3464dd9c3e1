# planbro_embed(TARGET SYMBOL FILE): links FILE into TARGET as bytes between SYMBOL_begin and
# SYMBOL_end. FILE may be made by the build.
function(planbro_embed target symbol file)
  set(assembly "${CMAKE_CURRENT_BINARY_DIR}/${symbol}.S")
  file(CONFIGURE OUTPUT "${assembly}" CONTENT [[
  .section .rodata
  .global @symbol@_begin
  .global @symbol@_end
  .balign 16
@symbol@_begin:
  .incbin "@file@"
@symbol@_end:
  .byte 0
  .section .note.GNU-stack,"",%progbits
]] @ONLY)
  target_sources(${target} PRIVATE "${assembly}")
  set_source_files_properties("${assembly}" PROPERTIES OBJECT_DEPENDS "${file}" SKIP_PRECOMPILE_HEADERS ON)
endfunction()
