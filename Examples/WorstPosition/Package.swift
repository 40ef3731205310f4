// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "worst-position",
  // A package elsewhere gives the address of the repository instead.
  dependencies: [.package(name: "penumbra", path: "../..")],
  targets: [
    .executableTarget(
      name: "worst-position",
      dependencies: ["Sweeps", "Models", "Bodies", "Pictures", "Tensors"].map {
        .product(name: $0, package: "penumbra")
      })
  ])
