// The parameters of all 19 corruptions, by preset (a row each: cifar, tiny, imagenet, inception)
// and severity (1 to 5). Lengths are pixels, intensities shares of 1 unless a corruption's own
// header says otherwise.
#pragma once

#include "data/corruptions/preset.h"

namespace data::corruptions {

template <class T>
using ByPresetAndSeverity = T[4][5];

// The deviation of the noise.
inline constexpr ByPresetAndSeverity<double> kGaussianNoise = {{.04, .06, .08, .09, .10},
                                                               {.04, .08, .12, .15, .18},
                                                               {.08, .12, .18, .26, .38},
                                                               {.09, .13, .19, .27, .40}};

// Photons that a white pixel catches on average.
inline constexpr ByPresetAndSeverity<int> kShotNoise = {
    {500, 250, 100, 75, 50}, {250, 100, 50, 30, 15}, {60, 25, 12, 5, 3}, {50, 20, 10, 5, 3}};

// The share of values that become 0 or 1.
inline constexpr ByPresetAndSeverity<double> kImpulseNoise = {{.01, .02, .03, .05, .07},
                                                              {.01, .02, .05, .08, .14},
                                                              {.03, .06, .09, .17, .27},
                                                              {.04, .07, .10, .18, .28}};

// The deviation of the noise on white.
inline constexpr ByPresetAndSeverity<double> kSpeckleNoise = {{.06, .1, .12, .16, .2},
                                                              {.15, .2, .25, .3, .35},
                                                              {.15, .2, .35, .45, .6},
                                                              {.16, .21, .36, .46, .61}};

// Sigma.
inline constexpr ByPresetAndSeverity<double> kGaussianBlur = {
    {.4, .6, .7, .8, 1}, {.5, .75, 1, 1.25, 1.5}, {1, 2, 3, 4, 6}, {1.5, 2.5, 3.5, 4.5, 6.5}};

struct DefocusParameters {
  double radius, alias_sigma;
};
inline constexpr ByPresetAndSeverity<DefocusParameters> kDefocusBlur = {
    {{.3, .4}, {.4, .5}, {.5, .6}, {1, .2}, {1.5, .1}},
    {{.5, .6}, {1, .1}, {1.5, .1}, {2.5, .01}, {3, .1}},
    {{3, .1}, {4, .5}, {6, .5}, {8, .5}, {10, .5}},
    {{4, .1}, {5, .5}, {7, .5}, {10, .5}, {12, .5}}};

struct GlassParameters {
  double sigma;
  int reach, passes;
};
inline constexpr ByPresetAndSeverity<GlassParameters> kGlassBlur = {
    {{.05, 1, 1}, {.25, 1, 1}, {.4, 1, 1}, {.25, 1, 2}, {.4, 1, 2}},
    {{.1, 1, 1}, {.5, 1, 1}, {.6, 1, 2}, {.7, 2, 1}, {.9, 2, 2}},
    {{.7, 1, 2}, {.9, 2, 1}, {1, 2, 3}, {1.1, 3, 2}, {1.5, 4, 2}},
    {{.8, 1, 3}, {1, 3, 1}, {1.1, 2, 4}, {1.2, 4, 2}, {1.6, 5, 2}}};

struct MotionParameters {
  double radius, sigma;
};
inline constexpr ByPresetAndSeverity<MotionParameters> kMotionBlur = {
    {{6, 1}, {6, 1.5}, {6, 2}, {8, 2}, {9, 2.5}},
    {{10, 1}, {10, 1.5}, {10, 2}, {10, 2.5}, {12, 3}},
    {{10, 3}, {15, 5}, {15, 8}, {15, 12}, {20, 15}},
    {{12, 4}, {17, 6}, {17, 9}, {17, 13}, {22, 16}}};

// Factors 1, 1 + step, 1 + 2 step, ...
struct ZoomParameters {
  int factors;
  double step;
};
inline constexpr ByPresetAndSeverity<ZoomParameters> kZoomBlur = {
    {{7, .01}, {12, .01}, {16, .01}, {21, .01}, {26, .01}},
    {{7, .01}, {12, .01}, {16, .01}, {21, .01}, {26, .01}},
    {{12, .01}, {16, .01}, {11, .02}, {13, .02}, {11, .03}},
    {{12, .01}, {16, .01}, {11, .02}, {13, .02}, {11, .03}}};

struct SnowParameters {
  double mean, deviation;  // of the flakes' noise
  double zoom, threshold;
  MotionParameters fall;
  double clear;  // the share of the image's own colour that stays
};
inline constexpr ByPresetAndSeverity<SnowParameters> kSnow = {{{.1, .2, 1, .6, {8, 3}, .95},
                                                               {.1, .2, 1, .5, {10, 4}, .9},
                                                               {.15, .3, 1.75, .55, {10, 4}, .9},
                                                               {.25, .3, 2.25, .6, {12, 6}, .85},
                                                               {.3, .3, 1.25, .65, {14, 12}, .8}},
                                                              {{.1, .2, 1, .6, {8, 3}, .8},
                                                               {.1, .2, 1, .5, {10, 4}, .8},
                                                               {.15, .3, 1.75, .55, {10, 4}, .7},
                                                               {.25, .3, 2.25, .6, {12, 6}, .65},
                                                               {.3, .3, 1.25, .65, {14, 12}, .6}},
                                                              {{.1, .3, 3, .5, {10, 4}, .8},
                                                               {.2, .3, 2, .5, {12, 4}, .7},
                                                               {.55, .3, 4, .9, {12, 8}, .7},
                                                               {.55, .3, 4.5, .85, {12, 8}, .65},
                                                               {.55, .3, 2.5, .85, {12, 12}, .55}},
                                                              {{.1, .3, 3, .5, {10, 4}, .8},
                                                               {.2, .3, 2, .5, {12, 4}, .7},
                                                               {.55, .3, 4, .9, {12, 8}, .7},
                                                               {.55, .3, 4.5, .85, {12, 8}, .65},
                                                               {.55, .3, 2.5, .85, {12, 12}, .55}}};

// The weights of image and ice.
struct FrostParameters {
  double image, ice;
};
inline constexpr ByPresetAndSeverity<FrostParameters> kFrost = {
    {{1, .2}, {1, .3}, {.9, .4}, {.85, .4}, {.75, .45}},
    {{1, .3}, {.9, .4}, {.8, .45}, {.75, .5}, {.7, .55}},
    {{1, .4}, {.8, .6}, {.7, .7}, {.65, .7}, {.6, .75}},
    {{1, .4}, {.8, .6}, {.7, .7}, {.65, .7}, {.6, .75}}};

struct FogParameters {
  double thickness, decay;
};
inline constexpr ByPresetAndSeverity<FogParameters> kFog = {
    {{.2, 3}, {.5, 3}, {.75, 2.5}, {1, 2}, {1.5, 1.75}},
    {{.4, 3}, {.7, 3}, {1, 2.5}, {1.5, 2}, {2, 1.75}},
    {{1.5, 2}, {2, 2}, {2.5, 1.7}, {2.5, 1.5}, {3, 1.4}},
    {{1.5, 2}, {2, 2}, {2.5, 1.8}, {2.5, 1.6}, {3, 1.5}}};

// What is added to the value (of hue, saturation and value).
inline constexpr ByPresetAndSeverity<double> kBrightness = {
    {.05, .1, .15, .2, .3}, {.1, .2, .3, .4, .5}, {.1, .2, .3, .4, .5}, {.1, .2, .3, .4, .5}};

// What distances from the mean are multiplied by.
inline constexpr ByPresetAndSeverity<double> kContrast = {
    {.75, .5, .4, .3, .15}, {.4, .3, .2, .1, .05}, {.4, .3, .2, .1, .05}, {.4, .3, .2, .1, .05}};

// The saturation s becomes factor s + shift.
struct SaturateParameters {
  double factor, shift;
};
inline constexpr ByPresetAndSeverity<SaturateParameters> kSaturate = {
    {{.3, 0}, {.1, 0}, {1.5, 0}, {2, .1}, {2.5, .2}},
    {{.3, 0}, {.1, 0}, {2, 0}, {5, .1}, {30, .2}},
    {{.3, 0}, {.1, 0}, {2, 0}, {5, .1}, {20, .2}},
    {{.3, 0}, {.1, 0}, {2, 0}, {5, .1}, {20, .2}}};

struct ElasticParameters {
  double alpha, sigma;  // amplitude and smoothness of the local shifts
  double corner;        // the most that a corner of the affine map moves
};
constexpr ElasticParameters elastic(double side, double alpha, double sigma, double corner) {
  return {side * alpha, side * sigma, side * corner};
}
// 244 is the published typo for 224.
inline constexpr ByPresetAndSeverity<ElasticParameters> kElasticTransform = {
    {elastic(32, 0, 0, .08), elastic(32, .05, .2, .07), elastic(32, .08, .06, .06),
     elastic(32, .1, .04, .05), elastic(32, .1, .03, .03)},
    {elastic(64, 0, 0, .08), elastic(64, .05, .3, .06), elastic(64, .1, .08, .06),
     elastic(64, .1, .03, .03), elastic(64, .16, .03, .02)},
    {elastic(244, 2, .7, .1), elastic(244, 2, .08, .2), elastic(244, .05, .01, .02),
     elastic(244, .07, .01, .02), elastic(244, .12, .01, .02)},
    {elastic(360, 2, .7, .1), elastic(360, 2, .08, .2), elastic(360, .05, .01, .02),
     elastic(360, .07, .01, .02), elastic(360, .12, .01, .02)}};

// The small image's side, as a share.
inline constexpr ByPresetAndSeverity<double> kPixelate = {
    {.95, .9, .85, .75, .65}, {.9, .8, .7, .6, .5}, {.6, .5, .4, .3, .25}, {.5, .4, .3, .25, .2}};

// JPEG quality.
inline constexpr ByPresetAndSeverity<int> kJpegCompression = {
    {80, 65, 58, 50, 40}, {65, 58, 50, 40, 25}, {25, 18, 15, 10, 7}, {23, 16, 13, 8, 5}};

struct SpatterParameters {
  double mean, deviation, sigma, threshold;  // of the liquid layer
  double strength;  // water: of the brightest drop; mud: sigma of the stains' edges
  bool mud;
};
inline constexpr ByPresetAndSeverity<SpatterParameters> kSpatter = {
    {{.62, .1, .7, .7, .5, false},
     {.65, .1, .8, .7, .5, false},
     {.65, .3, 1, .69, .5, false},
     {.65, .1, .7, .69, .6, true},
     {.65, .1, .5, .68, .6, true}},
    {{.62, .1, .7, .7, .6, false},
     {.65, .1, .8, .7, .6, false},
     {.65, .3, 1, .69, .6, false},
     {.65, .1, .7, .68, .6, true},
     {.65, .1, .5, .67, .6, true}},
    {{.65, .3, 4, .69, .6, false},
     {.65, .3, 3, .68, .6, false},
     {.65, .3, 2, .68, .5, false},
     {.65, .3, 1, .65, 1.5, true},
     {.67, .4, 1, .65, 1.5, true}},
    {{.65, .3, 4, .69, .9, false},
     {.65, .3, 3.5, .68, .9, false},
     {.65, .3, 3, .68, .8, false},
     {.65, .3, 1.2, .65, 1.8, true},
     {.67, .4, 1.2, .65, 1.8, true}}};

}  // namespace data::corruptions
