// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"), .treatAllWarnings(as: .error),
]

func room(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(of room: String, named name: String, uses more: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name, dependencies: [.byName(name: room), "TestSupport"] + more, swiftSettings: strict)
}

func library(_ name: String, at folder: String, pkgConfig: String? = nil, apt package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/C/\(folder)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// libFuzzer brings a main function and wants every file compiled for it: `Tests/fuzz` sets this.
let isFuzzing = Context.environment["PENUMBRA_FUZZ"] != nil
let fuzzing: [Target] = [
  .executableTarget(
    name: "fuzz", dependencies: ["Sweeps", "Bodies", "Pictures", "Archives", "Tensors", "TestSupport"],
    path: "Tests/Fuzzing", exclude: ["seeds"], swiftSettings: strict)
]

let package = Package(
  name: "penumbra",
  products: [.executable(name: "penumbra", targets: ["penumbra"])],
  dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")],
  targets: [
    // MARK: Rooms, from the ground up
    room("Tensors", uses: ["COpenBLAS", "COneDNN", "CKernels"]),
    room("Archives", uses: ["Tensors", "CZlib"]),
    room("Pictures", uses: ["Tensors", "CPNGReader", "CTurboJPEG"]),
    room("Bodies", uses: ["Tensors"]),
    room("Networks", uses: ["Tensors", "COneDNN", "CKernels"]),
    room("Sweeps", uses: ["Networks", "Bodies", "Archives", "Tensors"]),
    room("Training", uses: ["Networks", "Bodies", "Pictures", "Archives", "Tensors", "CKernels"]),
    room("Figures", uses: ["Sweeps", "Bodies", "Pictures", "Tensors", "CCairo"]),
    .executableTarget(
      name: "penumbra",
      dependencies: [
        "Figures", "Training", "Sweeps", "Networks", "Bodies", "Pictures", "Archives", "Tensors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),

    // MARK: C and the system's libraries
    .target(name: "CKernels", path: "Sources/C/Kernels"),
    library("COpenBLAS", at: "OpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    library("COneDNN", at: "OneDNN", apt: "libdnnl-dev"),
    library("CPNG", at: "PNG", pkgConfig: "libpng", apt: "libpng-dev"),
    .target(name: "CPNGReader", dependencies: ["CPNG"], path: "Sources/C/PNGReader"),
    library("CCairo", at: "Cairo", pkgConfig: "cairo", apt: "libcairo2-dev"),
    library("CZlib", at: "Zlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    library("CTurboJPEG", at: "TurboJPEG", pkgConfig: "libturbojpeg", apt: "libturbojpeg0-dev"),

    // MARK: Tests, one target a room
    .target(
      name: "TestSupport", dependencies: ["Tensors", "Archives", "Networks"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests(of: "Tensors", named: "TensorTests"),
    tests(of: "Archives", named: "ArchiveTests", uses: ["Tensors"]),
    tests(of: "Pictures", named: "PictureTests", uses: ["Tensors", "Archives"]),
    tests(of: "Bodies", named: "BodyTests", uses: ["Tensors", "Archives", "COpenBLAS"]),
    tests(of: "Networks", named: "NetworkTests", uses: ["Tensors", "Archives", "Bodies"]),
    tests(
      of: "Sweeps", named: "SweepTests", uses: ["Tensors", "Archives", "Bodies", "Networks", "Pictures"]),
    tests(
      of: "Training", named: "TrainingTests", uses: ["Tensors", "Archives", "Bodies", "Networks", "Pictures"]),
    tests(
      of: "Figures", named: "FigureTests",
      uses: ["Tensors", "Archives", "Bodies", "Networks", "Pictures", "Sweeps"]),
    tests(
      of: "penumbra", named: "CommandTests",
      uses: ["Tensors", "Archives", "Bodies", "Networks", "Pictures", "Sweeps"]),
  ] + (isFuzzing ? fuzzing : []),
  swiftLanguageModes: [.v6]
)
