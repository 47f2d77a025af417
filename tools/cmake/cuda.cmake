# Kernels for GPUs: decides whether they are built, finds nvcc and enables its language. Afterwards
# AUXTRAIN_WITHOUT_CUDA is empty, or says why they are not built. AUXTRAIN_WITHOUT_CUDNN likewise says
# why convolutions for GPUs are not, which take NVIDIA's libraries: then the target cuda_libraries is
# not there, nor plan_convolution(Cuda, ...).
set(AUXTRAIN_CUDA auto CACHE STRING
    "Kernels for GPUs: on, off, or auto: where nvcc is found and there are tests or a GPU to use them")
set_property(CACHE AUXTRAIN_CUDA PROPERTY STRINGS auto on off)
set(AUXTRAIN_CUDA_ARCHITECTURES "" CACHE STRING
    "GPUs to build for, as in CMAKE_CUDA_ARCHITECTURES; empty: this machine's, else sm_80 and sm_90")
if(NOT AUXTRAIN_CUDA MATCHES "^(auto|on|off)$")
  message(FATAL_ERROR "AUXTRAIN_CUDA: expected auto, on or off, got '${AUXTRAIN_CUDA}'")
endif()

# The folders of pip's packages of NVIDIA that hold a file.
function(find_wheels result file)
  execute_process(COMMAND python3 -c "import nvidia; print(*nvidia.__path__, sep=';')"
                  OUTPUT_VARIABLE wheels OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  list(TRANSFORM wheels APPEND "/*/${file}")
  file(GLOB wheels ${wheels})
  list(TRANSFORM wheels REPLACE "/[^/]*$" "")
  set(${result} ${wheels} PARENT_SCOPE)
endfunction()

# nvcc of the user's choice, of the PATH, of the usual places, or of pip's nvidia-cuda-nvcc.
function(find_nvcc)
  find_wheels(wheels bin/nvcc)
  find_program(CMAKE_CUDA_COMPILER nvcc
    HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda ${wheels} PATH_SUFFIXES bin
    DOC "NVIDIA's compiler")
endfunction()

# An empty result, or the first of what is wrong with compiling and linking C++20 with nvcc.
function(try_nvcc result)
  set(file ${CMAKE_BINARY_DIR}/CMakeFiles/try_nvcc)
  file(WRITE ${file}.cu "#include <vector>\nint main(int n, char**) { return cudaGetDeviceCount(&n); }\n")
  execute_process(COMMAND ${CMAKE_CUDA_COMPILER} -std=c++20 -ccbin ${CMAKE_CXX_COMPILER} ${file}.cu -o ${file}
                  RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
  string(REGEX MATCH "[^\n]*(error|fatal|cannot|not supported)[^\n]*" reason "${said}")
  if(code STREQUAL "0")
    set(reason "")
  elseif(NOT reason)
    string(REPLACE "\n" " " reason "it ended with ${code} ${said}")
  endif()
  set(${result} "${reason}" PARENT_SCOPE)
endfunction()

# What CMAKE_CUDA_ARCHITECTURES calls the GPUs of this machine, if the driver's tool finds any.
function(find_architectures result)
  execute_process(COMMAND nvidia-smi --query-gpu=compute_cap --format=csv,noheader
                  RESULT_VARIABLE code OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(code STREQUAL "0" AND found MATCHES "^[0-9.\n]+$")
    string(REPLACE "." "" found "${found}")
    string(REPLACE "\n" ";" found "${found}")
    list(REMOVE_DUPLICATES found)
  else()
    set(found 80-real 90)  # machine code of both; the newest also as PTX, for GPUs to come
  endif()
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

set(without "")
if(AUXTRAIN_CUDA STREQUAL off)
  set(without "AUXTRAIN_CUDA is off")
elseif(AUXTRAIN_CUDA STREQUAL auto AND NOT AUXTRAIN_TESTS AND NOT EXISTS /dev/nvidiactl
       AND NOT EXISTS /proc/driver/nvidia AND NOT EXISTS /dev/dxg)
  set(without "there is no GPU")
else()
  find_nvcc()
  if(NOT CMAKE_CUDA_COMPILER)
    set(without "nvcc was not found")
  else()
    # pip's packages keep libraries in lib/, where nvcc does not look.
    file(REAL_PATH ${CMAKE_CUDA_COMPILER} library_folder)
    cmake_path(SET library_folder NORMALIZE ${library_folder}/../../lib)
    if(EXISTS ${library_folder}/libcudart_static.a)
      set(ENV{LIBRARY_PATH} "${library_folder}:$ENV{LIBRARY_PATH}")
    endif()
    if(NOT AUXTRAIN_TRIED_NVCC STREQUAL CMAKE_CUDA_COMPILER)
      try_nvcc(problem)
      if(problem)
        set(without "${CMAKE_CUDA_COMPILER} does not work: ${problem}")
      else()
        set(AUXTRAIN_TRIED_NVCC ${CMAKE_CUDA_COMPILER} CACHE INTERNAL "this nvcc works")
      endif()
    endif()
  endif()
endif()
set(AUXTRAIN_WITHOUT_CUDA "${without}" CACHE INTERNAL "why kernels for GPUs are not built")

if(without)
  if(AUXTRAIN_CUDA STREQUAL on)
    message(FATAL_ERROR "AUXTRAIN_CUDA is on, but ${without}. Install NVIDIA's CUDA toolkit, 12.0 or newer, or "
                        "pip's nvidia-cuda-nvcc; where it is already, put nvcc on the PATH or set CUDA_HOME.")
  endif()
  message(STATUS "Without kernels for GPUs: ${without}")
  set(AUXTRAIN_WITHOUT_CUDNN "${without}" CACHE INTERNAL "why convolutions for GPUs are not built")
  return()
endif()

if(AUXTRAIN_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES ${AUXTRAIN_CUDA_ARCHITECTURES})
else()
  find_architectures(CMAKE_CUDA_ARCHITECTURES)
endif()
set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)  # so that the program starts where there is no driver
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)
set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)  # CMake 3.25 does not know of it

# In nvcc's words, for people: 80-real and 90 are sm_80 sm_90 compute_90.
set(AUXTRAIN_CUDA_CODE "${CMAKE_CUDA_ARCHITECTURES}")
list(TRANSFORM AUXTRAIN_CUDA_CODE REPLACE "^([0-9a-z]+)$" "sm_\\1 compute_\\1")
list(TRANSFORM AUXTRAIN_CUDA_CODE REPLACE "^(.*)-real$" "sm_\\1")
list(TRANSFORM AUXTRAIN_CUDA_CODE REPLACE "^(.*)-virtual$" "compute_\\1")
list(JOIN AUXTRAIN_CUDA_CODE " " AUXTRAIN_CUDA_CODE)
message(STATUS "Kernels for GPUs: ${CMAKE_CUDA_COMPILER}, ${AUXTRAIN_CUDA_CODE}")

# nvcc hands on to the C++ compiler what it does not know itself, such as -Wall.
add_compile_options("$<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr;-lineinfo>")
if(CMAKE_COMPILE_WARNING_AS_ERROR)
  add_compile_options("$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Werror>")
endif()

# A library of NVIDIA's and its header: of the toolkit, of the system, or of pip. The two are of one
# installation; pip's have no name without a version.
function(find_library_of_nvidia name header version)
  find_wheels(wheels include/${header})
  find_path(${name}_INCLUDE ${header} HINTS ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES}
            PATHS /usr/local/cuda/include ${wheels} DOC "Folder of ${header}")
  if(${name}_INCLUDE)
    find_library(${name}_LIBRARY NAMES ${name} lib${name}.so.${version}
                 HINTS ${${name}_INCLUDE}/../lib64 ${${name}_INCLUDE}/../lib DOC "NVIDIA's ${name}")
  endif()
endfunction()

string(REGEX MATCH "^[0-9]+" cuda_version "${CMAKE_CUDA_COMPILER_VERSION}")
set(needed_cudnn 9.8)  # the first that plans for devices that are not there
find_library_of_nvidia(cudnn cudnn.h 9)
find_library_of_nvidia(cublasLt cublasLt.h ${cuda_version})
set(without "")
if(NOT cudnn_LIBRARY)
  set(without "cuDNN was not found")
elseif(NOT cublasLt_LIBRARY)
  set(without "cuBLASLt was not found")
else()
  file(STRINGS ${cudnn_INCLUDE}/cudnn_version.h version REGEX "#define CUDNN_(MAJOR|MINOR|PATCHLEVEL) ")
  list(TRANSFORM version REPLACE ".* " "")
  list(JOIN version "." version)
  if(version VERSION_LESS needed_cudnn)
    set(without "${cudnn_INCLUDE} holds cuDNN ${version}, needed is ${needed_cudnn}")
  endif()
endif()
set(AUXTRAIN_WITHOUT_CUDNN "${without}" CACHE INTERNAL "why convolutions for GPUs are not built")

if(without)
  if(AUXTRAIN_CUDA STREQUAL on)
    message(FATAL_ERROR "AUXTRAIN_CUDA is on, but ${without}. Install NVIDIA's cuDNN, ${needed_cudnn} or newer, and the "
                        "toolkit's cuBLAS, or pip's nvidia-cudnn-cu${cuda_version} and nvidia-cublas; where they are "
                        "already, set CMAKE_PREFIX_PATH.")
  endif()
  message(STATUS "Without convolutions for GPUs: ${without}")
else()
  message(STATUS "Convolutions for GPUs: cuDNN ${version} in ${cudnn_LIBRARY}")
  add_library(cuda_libraries INTERFACE)
  target_include_directories(cuda_libraries SYSTEM INTERFACE ${cudnn_INCLUDE} ${cublasLt_INCLUDE})
  target_link_libraries(cuda_libraries INTERFACE ${cudnn_LIBRARY} ${cublasLt_LIBRARY})
  target_link_options(cuda_libraries INTERFACE LINKER:--as-needed)  # large, and most tests do without
endif()
