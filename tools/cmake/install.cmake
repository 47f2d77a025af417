# What `cmake --install` gives: the programs, and the folders as libraries that find_package(auxtrain) finds.
# docs/library.md says how they are used.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(libraries kernels engine models data aux_training)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/auxtrain)
if(TARGET cuda_libraries)
  list(APPEND libraries cuda_libraries)
endif()
# CMake would link CUDA's runtime only where its language is enabled.
set(AUXTRAIN_CUDA_CONFIG "")
if(NOT AUXTRAIN_WITHOUT_CUDA)
  set(AUXTRAIN_CUDA_CONFIG "find_dependency(CUDAToolkit)
set_property(TARGET auxtrain::kernels APPEND PROPERTY INTERFACE_LINK_LIBRARIES CUDA::cudart_static)")
endif()
install(TARGETS ${libraries} EXPORT auxtrain ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/auxtrain)
install(EXPORT auxtrain NAMESPACE auxtrain:: FILE auxtrain-targets.cmake DESTINATION ${package})
foreach(folder kernels engine models data aux_training)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/auxtrain
          FILES_MATCHING PATTERN *.h)
endforeach()
install(TARGETS auxtrain auxtrain-bench)

write_basic_package_version_file(auxtrain-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_package_config_file(tools/cmake/auxtrain-config.cmake.in auxtrain-config.cmake
                              INSTALL_DESTINATION ${package})
install(FILES ${PROJECT_BINARY_DIR}/auxtrain-config.cmake
              ${PROJECT_BINARY_DIR}/auxtrain-config-version.cmake DESTINATION ${package})
