// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"), .treatAllWarnings(as: .error),
]

func room(
  _ name: String, uses dependencies: [Target.Dependency] = [], resources: [Resource] = [],
  plugins: [Target.PluginUsage] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: strict, plugins: plugins)
}

func tests(of room: String, named name: String, uses more: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name, dependencies: [.byName(name: room), "TestSupport"] + more, swiftSettings: strict)
}

func library(_ name: String, at folder: String, pkgConfig: String? = nil, apt package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/C/\(folder)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// libFuzzer wants every file compiled for it: `Tests/address-build` sets this.
let isFuzzing = Context.environment["PENUMBRA_FUZZ"] != nil
let fuzzing: [Target] = [
  .executableTarget(
    name: "fuzz",
    dependencies: [
      "Figures", "Live", "Explorer", "Presentation", "Evaluation", "Records", "Models", "Networks", "Bodies",
      "Pictures", "Archives", "Tensors", "CZlib", "TestSupport",
    ],
    path: "Tests/Fuzzing", exclude: ["seeds"], swiftSettings: strict,
    linkerSettings: [.linkedLibrary("clang_rt.fuzzer_no_main-x86_64"), .linkedLibrary("stdc++")])
]

/// What another package can build on; every room is a library of its own.
let rooms = [
  "Tensors", "Archives", "Pictures", "Bodies", "Networks", "Models", "Records", "Sweeps", "Rendering",
  "Training",
  "Evaluation", "Presentation", "Explorer", "Live", "Figures",
]

let package = Package(
  name: "penumbra",
  products: [.executable(name: "penumbra", targets: ["penumbra"])]
    + rooms.map { .library(name: $0, targets: [$0]) },
  dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")],
  targets: [
    // MARK: Rooms, from the ground up
    room("Tensors", uses: ["COpenBLAS", "COneDNN", "CKernels"]),
    room("Archives", uses: ["Tensors", "CFileMaps", "CZlib", "CZstd", "CLZMA", "CBZip2", "COpenSSL"]),
    room("Pictures", uses: ["Archives", "Tensors", "CPictureReaders", "CWebP", "CPixbuf", "CZlib"]),
    .plugin(name: "ListSkeletons", capability: .buildTool()),
    room(
      "Bodies", uses: ["Archives", "Tensors"], resources: [.embedInCode("Skeletons")],
      plugins: [.plugin(name: "ListSkeletons")]),
    room("Networks", uses: ["Tensors", "COneDNN", "CKernels"]),
    room("Models", uses: ["Networks", "Bodies", "Pictures", "Archives", "Tensors"]),
    room("Records", uses: ["Models", "Bodies", "Archives", "Tensors"]),
    room("Sweeps", uses: ["Records", "Models", "Bodies", "Pictures", "Archives", "Tensors"]),
    room("Rendering", uses: ["Bodies", "Pictures", "Archives", "Tensors"]),
    room(
      "Training", uses: ["Rendering", "Networks", "Bodies", "Pictures", "Archives", "Tensors", "CKernels"]),
    room(
      "Evaluation",
      uses: [
        "Training", "Rendering", "Sweeps", "Records", "Models", "Networks", "Bodies", "Pictures", "Archives",
        "Tensors",
      ]),
    room(
      "Presentation", uses: ["Evaluation", "Sweeps", "Records", "Models", "Bodies", "Pictures", "Tensors"]),
    .plugin(name: "EmbedExplorer", capability: .buildTool()),
    room(
      "Explorer",
      uses: ["Presentation", "Records", "Models", "Bodies", "Pictures", "Archives", "Tensors"],
      plugins: [.plugin(name: "EmbedExplorer")]),
    room(
      "Live",
      uses: [
        "Explorer", "Presentation", "Sweeps", "Records", "Models", "Bodies", "Pictures", "Archives",
        "Tensors",
      ]),
    room(
      "Figures",
      uses: [
        "Presentation", "Evaluation", "Records", "Bodies", "Pictures", "Tensors", "CCairo", "CPango",
      ]),
    .executableTarget(
      name: "penumbra",
      dependencies: [
        "Figures", "Live", "Explorer", "Presentation", "Evaluation", "Training", "Rendering", "Sweeps",
        "Records", "Models", "Networks", "Bodies", "Pictures", "Archives", "Tensors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: strict),

    // MARK: C and the system's libraries
    .target(name: "CKernels", path: "Sources/C/Kernels"),
    .target(name: "CFileMaps", path: "Sources/C/FileMaps"),
    library("COpenBLAS", at: "OpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    library("COneDNN", at: "OneDNN", apt: "libdnnl-dev"),
    library("CPNG", at: "PNG", pkgConfig: "libpng", apt: "libpng-dev"),
    library("CJPEG", at: "JPEG", pkgConfig: "libjpeg", apt: "libjpeg62-turbo-dev"),
    library("CTIFF", at: "TIFF", pkgConfig: "libtiff-4", apt: "libtiff-dev"),
    .target(
      name: "CPictureReaders", dependencies: ["CPNG", "CJPEG", "CTIFF"], path: "Sources/C/PictureReaders"),
    library("CWebP", at: "WebP", pkgConfig: "libwebpdemux", apt: "libwebp-dev"),
    library("CPixbuf", at: "Pixbuf", apt: "libgdk-pixbuf-2.0-dev"),
    library("CCairo", at: "Cairo", pkgConfig: "cairo", apt: "libcairo2-dev"),
    library("CPango", at: "Pango", apt: "libpango1.0-dev"),
    library("CZlib", at: "Zlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    library("CZstd", at: "Zstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    library("CLZMA", at: "LZMA", pkgConfig: "liblzma", apt: "liblzma-dev"),
    library("CBZip2", at: "BZip2", apt: "libbz2-dev"),
    library("COpenSSL", at: "OpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),

    // MARK: Tests, one target a room
    .target(
      name: "TestSupport",
      dependencies: ["Models", "Rendering", "Networks", "Bodies", "Pictures", "Archives", "Tensors"],
      path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "HouseTests", swiftSettings: strict),
    tests(of: "Tensors", named: "TensorTests"),
    tests(of: "Archives", named: "ArchiveTests", uses: ["Tensors"]),
    tests(of: "Pictures", named: "PictureTests", uses: ["Tensors", "Archives"]),
    tests(of: "Bodies", named: "BodyTests", uses: ["Tensors", "Archives", "COpenBLAS"]),
    tests(of: "Networks", named: "NetworkTests", uses: ["Tensors", "Archives", "Bodies"]),
    tests(
      of: "Models", named: "ModelTests", uses: ["Tensors", "Archives", "Bodies", "Networks", "Pictures"]),
    tests(
      of: "Records", named: "RecordTests", uses: ["Tensors", "Archives", "Bodies", "Models", "Sweeps"]),
    tests(
      of: "Sweeps", named: "SweepTests",
      uses: ["Tensors", "Archives", "Bodies", "Networks", "Pictures", "Models", "Records"]),
    tests(of: "Rendering", named: "RenderingTests", uses: ["Tensors", "Archives", "Bodies", "Pictures"]),
    tests(
      of: "Training", named: "TrainingTests",
      uses: ["Tensors", "Archives", "Bodies", "Networks", "Pictures", "Rendering"]),
    tests(
      of: "Evaluation", named: "EvaluationTests",
      uses: [
        "Tensors", "Archives", "Bodies", "Models", "Networks", "Pictures", "Records", "Rendering", "Sweeps",
        "Training",
      ]),
    .target(
      name: "ReportSupport", dependencies: ["Records", "Models", "Bodies", "Pictures", "Tensors"],
      path: "Tests/ReportSupport", swiftSettings: strict),
    tests(
      of: "Presentation", named: "PresentationTests",
      uses: ["ReportSupport", "Evaluation", "Records", "Models", "Bodies", "Archives", "Pictures", "Tensors"]),
    tests(
      of: "Explorer", named: "ExplorerTests",
      uses: [
        "ReportSupport", "Presentation", "Records", "Models", "Bodies", "Pictures", "Archives", "Tensors",
        "CZlib",
      ]),
    tests(
      of: "Live", named: "LiveTests",
      uses: [
        "Explorer", "Sweeps", "Records", "Models", "Bodies", "Pictures", "Archives", "Tensors",
      ]),
    tests(
      of: "Figures", named: "FigureTests",
      uses: [
        "ReportSupport", "Presentation", "Evaluation", "Sweeps", "Records", "Models", "Bodies", "Pictures",
        "Archives",
        "Tensors",
      ]),
    tests(
      of: "penumbra", named: "CommandTests",
      uses: [
        "ReportSupport", "Evaluation", "Tensors", "Archives", "Bodies", "Models", "Networks", "Pictures",
        "Records", "Sweeps", "CZlib",
      ]),
  ] + (isFuzzing ? fuzzing : []),
  swiftLanguageModes: [.v6]
)

// Tests/sanitize builds only the tests that it runs.
if let watched = Context.environment["PENUMBRA_TESTS"]?.split(separator: ",").map(String.init) {
  package.targets.removeAll { $0.type == .test && !watched.contains($0.name) }
}
