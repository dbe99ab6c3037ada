// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// What both tokens share. No allowances: unstaking needs no approval, so none are here.
abstract contract Token {
    event Transfer(address indexed from, address indexed to, uint256 value);

    string public name;
    string public symbol;
    uint8 public constant decimals = 18;
    address public immutable owner;
    /// The pool; for the certificate the bond too, which turns one token into the other.
    mapping(address => bool) public isMinter;

    constructor(string memory name_, string memory symbol_) {
        owner = msg.sender;
        name = name_;
        symbol = symbol_;
    }

    modifier onlyMinter() {
        require(isMinter[msg.sender], "only a minter");
        _;
    }

    function allowMinter(address minter) external {
        require(msg.sender == owner, "only the owner");
        isMinter[minter] = true;
    }
}

/// ankrFTM, once named aFTMc: a balance in shares that stays as it is while its price rises.
contract Cert is Token("Ankr Staked FTM", "ankrFTM") {
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    function mint(address account, uint256 shares) external onlyMinter {
        totalSupply += shares;
        balanceOf[account] += shares;
        emit Transfer(address(0), account, shares);
    }

    function burn(address account, uint256 shares) external onlyMinter {
        require(balanceOf[account] >= shares, "burn exceeds balance");
        totalSupply -= shares;
        balanceOf[account] -= shares;
        emit Transfer(account, address(0), shares);
    }

    function transfer(address to, uint256 shares) external returns (bool) {
        require(balanceOf[msg.sender] >= shares, "transfer exceeds balance");
        balanceOf[msg.sender] -= shares;
        balanceOf[to] += shares;
        emit Transfer(msg.sender, to, shares);
        return true;
    }
}

/// aFTMb: counts shares inside, shows FTM outside; `ratio` is shares per FTM and falls.
contract Bond is Token("Ankr FTM Reward Bearing Bond", "aFTMb") {
    event RatioUpdate(uint256 newRatio);

    Cert public immutable certContract;
    uint256 public ratio = 1e18;
    uint256 public totalShares;
    mapping(address => uint256) public sharesOf;

    constructor(Cert cert) {
        certContract = cert;
    }

    function updateRatio(uint256 newRatio) external {
        require(msg.sender == owner, "only the owner");
        require(0 < newRatio && newRatio <= 1e18, "ratio out of range");
        ratio = newRatio;
        emit RatioUpdate(newRatio);
    }

    /// Rounded up, and its inverse down: so a whole `balanceOf` is worth all of `sharesOf`.
    function sharesToBalance(uint256 shares) public view returns (uint256) {
        return (shares * 1e18 + ratio - 1) / ratio;
    }

    function balanceToShares(uint256 amount) public view returns (uint256) {
        return amount * ratio / 1e18;
    }

    function balanceOf(address account) external view returns (uint256) {
        return sharesToBalance(sharesOf[account]);
    }

    function totalSupply() external view returns (uint256) {
        return sharesToBalance(totalShares);
    }

    function mint(address account, uint256 amount) external onlyMinter {
        _add(account, balanceToShares(amount));
        emit Transfer(address(0), account, amount);
    }

    function burn(address account, uint256 amount) external onlyMinter {
        _remove(account, balanceToShares(amount));
        emit Transfer(account, address(0), amount);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _remove(msg.sender, balanceToShares(amount));
        _add(to, balanceToShares(amount));
        emit Transfer(msg.sender, to, amount);
        return true;
    }

    /// Turns the sender's bonds into certificates of the same shares.
    function lockShares(uint256 shares) external {
        _remove(msg.sender, shares);
        emit Transfer(msg.sender, address(0), sharesToBalance(shares));
        certContract.mint(msg.sender, shares);
    }

    /// The way back.
    function unlockShares(uint256 shares) external {
        certContract.burn(msg.sender, shares);
        _add(msg.sender, shares);
        emit Transfer(address(0), msg.sender, sharesToBalance(shares));
    }

    function _add(address account, uint256 shares) private {
        totalShares += shares;
        sharesOf[account] += shares;
    }

    function _remove(address account, uint256 shares) private {
        require(sharesOf[account] >= shares, "exceeds balance");
        totalShares -= shares;
        sharesOf[account] -= shares;
    }
}
